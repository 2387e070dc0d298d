@echo off
rem Builds the images of cp-whisperx, each one's base before it. A base that fails ends it; a stage that fails does not.
rem Made by `wxlint plan --optional --format bat --script scripts/build-all-images.bat`: change the policy or the Dockerfiles, then make it again.
rem
rem   scripts\build-all-images.bat [all/cpu/cuda] [optional]
rem
rem DOCKERHUB_USER: the registry, in every tag and every build (default: rajiup)
rem BUILD_ARGS: more options for every docker build, such as "--build-arg NAME=VALUE"
setlocal
cd /d "%~dp0.."

set "REGISTRY=%DOCKERHUB_USER%"
if "%REGISTRY%"=="" set "REGISTRY=rajiup"
set "CHOICE=%~1"
if "%CHOICE%"=="" set "CHOICE=all"
if not "%~2"=="" set "CHOICE=%CHOICE% %~2"
set "PLAN="
if "%CHOICE%"=="all" set "PLAN=base:cpu base:cuda demux:cpu tmdb:cpu pre-ner:cpu post-ner:cpu subtitle-gen:cpu mux:cpu silero-vad:cuda pyannote-vad:cuda diarization:cuda asr:cuda"
if "%CHOICE%"=="all optional" set "PLAN=base:cpu base:cuda demux:cpu tmdb:cpu pre-ner:cpu post-ner:cpu subtitle-gen:cpu mux:cpu silero-vad:cpu pyannote-vad:cpu diarization:cpu asr:cpu second-pass-translation:cpu lyrics-detection:cpu silero-vad:cuda pyannote-vad:cuda diarization:cuda asr:cuda second-pass-translation:cuda lyrics-detection:cuda"
if "%CHOICE%"=="cpu" set "PLAN=base:cpu demux:cpu tmdb:cpu pre-ner:cpu post-ner:cpu subtitle-gen:cpu mux:cpu"
if "%CHOICE%"=="cpu optional" set "PLAN=base:cpu demux:cpu tmdb:cpu pre-ner:cpu post-ner:cpu subtitle-gen:cpu mux:cpu silero-vad:cpu pyannote-vad:cpu diarization:cpu asr:cpu second-pass-translation:cpu lyrics-detection:cpu"
if "%CHOICE%"=="cuda" set "PLAN=base:cuda silero-vad:cuda pyannote-vad:cuda diarization:cuda asr:cuda"
if "%CHOICE%"=="cuda optional" set "PLAN=base:cuda silero-vad:cuda pyannote-vad:cuda diarization:cuda asr:cuda second-pass-translation:cuda lyrics-detection:cuda"
if not defined PLAN (
    echo usage: %~nx0 [all/cpu/cuda] [optional] 1>&2
    exit /b 2
)
set "IMAGES=%PLAN%"
set "BUILT="
set "FAILED="
set "BLOCKED="
set "LEFT="

rem Phase 1: bases
call :wanted base:cpu
if defined WANTED (
    echo ==^> base:cpu
    docker build %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-base:cpu -f docker/base/Dockerfile .
    call :result base:cpu "demux:cpu tmdb:cpu pre-ner:cpu post-ner:cpu subtitle-gen:cpu mux:cpu silero-vad:cpu pyannote-vad:cpu diarization:cpu asr:cpu second-pass-translation:cpu lyrics-detection:cpu"
)
call :wanted base:cuda
if defined WANTED (
    echo ==^> base:cuda
    docker build %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-base:cuda -f docker/base-cuda/Dockerfile .
    call :result base:cuda "silero-vad:cuda pyannote-vad:cuda diarization:cuda asr:cuda second-pass-translation:cuda lyrics-detection:cuda"
)

rem Phase 2: cpu stages
call :wanted demux:cpu
if defined WANTED (
    echo ==^> demux:cpu
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-demux:cpu -f docker/demux/Dockerfile .
    call :result demux:cpu
)
call :wanted tmdb:cpu
if defined WANTED (
    echo ==^> tmdb:cpu
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-tmdb:cpu -f docker/tmdb/Dockerfile .
    call :result tmdb:cpu
)
call :wanted pre-ner:cpu
if defined WANTED (
    echo ==^> pre-ner:cpu
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-pre-ner:cpu -f docker/pre-ner/Dockerfile .
    call :result pre-ner:cpu
)
call :wanted post-ner:cpu
if defined WANTED (
    echo ==^> post-ner:cpu
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-post-ner:cpu -f docker/post-ner/Dockerfile .
    call :result post-ner:cpu
)
call :wanted subtitle-gen:cpu
if defined WANTED (
    echo ==^> subtitle-gen:cpu
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-subtitle-gen:cpu -f docker/subtitle-gen/Dockerfile .
    call :result subtitle-gen:cpu
)
call :wanted mux:cpu
if defined WANTED (
    echo ==^> mux:cpu
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-mux:cpu -f docker/mux/Dockerfile .
    call :result mux:cpu
)
call :wanted silero-vad:cpu
if defined WANTED (
    echo ==^> silero-vad:cpu
    docker build --build-arg "TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu" --build-arg "VARIANT=cpu" --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-silero-vad:cpu -f docker/silero-vad/Dockerfile .
    call :result silero-vad:cpu
)
call :wanted pyannote-vad:cpu
if defined WANTED (
    echo ==^> pyannote-vad:cpu
    docker build --build-arg "TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu" --build-arg "VARIANT=cpu" --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-pyannote-vad:cpu -f docker/pyannote-vad/Dockerfile .
    call :result pyannote-vad:cpu
)
call :wanted diarization:cpu
if defined WANTED (
    echo ==^> diarization:cpu
    docker build --build-arg "TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu" --build-arg "VARIANT=cpu" --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-diarization:cpu -f docker/diarization/Dockerfile .
    call :result diarization:cpu
)
call :wanted asr:cpu
if defined WANTED (
    echo ==^> asr:cpu
    docker build --build-arg "TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu" --build-arg "VARIANT=cpu" --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-asr:cpu -f docker/asr/Dockerfile .
    call :result asr:cpu
)
call :wanted second-pass-translation:cpu
if defined WANTED (
    echo ==^> second-pass-translation:cpu
    docker build --build-arg "TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu" --build-arg "VARIANT=cpu" --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-second-pass-translation:cpu -f docker/second-pass-translation/Dockerfile .
    call :result second-pass-translation:cpu
)
call :wanted lyrics-detection:cpu
if defined WANTED (
    echo ==^> lyrics-detection:cpu
    docker build --build-arg "TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu" --build-arg "VARIANT=cpu" --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-lyrics-detection:cpu -f docker/lyrics-detection/Dockerfile .
    call :result lyrics-detection:cpu
)

rem Phase 3: cuda stages
call :wanted silero-vad:cuda
if defined WANTED (
    echo ==^> silero-vad:cuda
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-silero-vad:cuda -f docker/silero-vad/Dockerfile .
    call :result silero-vad:cuda
)
call :wanted pyannote-vad:cuda
if defined WANTED (
    echo ==^> pyannote-vad:cuda
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-pyannote-vad:cuda -f docker/pyannote-vad/Dockerfile .
    call :result pyannote-vad:cuda
)
call :wanted diarization:cuda
if defined WANTED (
    echo ==^> diarization:cuda
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-diarization:cuda -f docker/diarization/Dockerfile .
    call :result diarization:cuda
)
call :wanted asr:cuda
if defined WANTED (
    echo ==^> asr:cuda
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-asr:cuda -f docker/asr/Dockerfile .
    call :result asr:cuda
)
call :wanted second-pass-translation:cuda
if defined WANTED (
    echo ==^> second-pass-translation:cuda
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-second-pass-translation:cuda -f docker/second-pass-translation/Dockerfile .
    call :result second-pass-translation:cuda
)
call :wanted lyrics-detection:cuda
if defined WANTED (
    echo ==^> lyrics-detection:cuda
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-lyrics-detection:cuda -f docker/lyrics-detection/Dockerfile .
    call :result lyrics-detection:cuda
)

for %%i in (%IMAGES%) do call :left %%i
echo.
echo built:%BUILT%
if not defined FAILED exit /b 0
echo failed:%FAILED% 1>&2
if defined LEFT echo not tried:%LEFT% 1>&2
exit /b 1

rem Whether IMAGE is in the plan.
:wanted
set "WANTED="
for %%i in (%PLAN%) do if "%%i"=="%~1" set "WANTED=1"
exit /b 0

rem What became of the build before it: IMAGE, and the images that cannot be built without it.
rem When any of those is in the plan, a failure ends the plan.
:result
if "%ERRORLEVEL%"=="0" (
    set "BUILT=%BUILT% %~1"
    exit /b 0
)
set "FAILED=%FAILED% %~1"
if "%~2"=="" exit /b 0
for %%i in (%~2) do call :blocked %%i
if not defined BLOCKED exit /b 0
echo %~1 failed; blocked:%BLOCKED% 1>&2
set "PLAN=stopped"
exit /b 0

:blocked
call :wanted %1
if defined WANTED set "BLOCKED=%BLOCKED% %~1"
exit /b 0

:left
set "DONE="
for %%i in (%BUILT% %FAILED%) do if "%%i"=="%~1" set "DONE=1"
if not defined DONE set "LEFT=%LEFT% %~1"
exit /b 0
