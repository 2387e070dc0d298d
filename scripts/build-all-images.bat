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
set "DO_CPU="
set "DO_CUDA="
set "DO_CPU_OPTIONAL="
set "DO_CUDA_OPTIONAL="
if "%CHOICE%"=="all" set "DO_CPU=1"
if "%CHOICE%"=="all optional" set "DO_CPU=1"
if "%CHOICE%"=="cpu" set "DO_CPU=1"
if "%CHOICE%"=="cpu optional" set "DO_CPU=1"
if "%CHOICE%"=="all" set "DO_CUDA=1"
if "%CHOICE%"=="all optional" set "DO_CUDA=1"
if "%CHOICE%"=="cuda" set "DO_CUDA=1"
if "%CHOICE%"=="cuda optional" set "DO_CUDA=1"
if "%CHOICE%"=="all optional" set "DO_CPU_OPTIONAL=1"
if "%CHOICE%"=="cpu optional" set "DO_CPU_OPTIONAL=1"
if "%CHOICE%"=="all optional" set "DO_CUDA_OPTIONAL=1"
if "%CHOICE%"=="cuda optional" set "DO_CUDA_OPTIONAL=1"
if not defined PLAN (
    echo usage: %~nx0 [all/cpu/cuda] [optional] 1>&2
    exit /b 2
)
set "BUILT="
set "FAILED="
set "BLOCKED="
set "LEFT="

rem Phase 1: bases
if defined DO_CPU (
    echo ==^> base:cpu
    docker build %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-base:cpu -f docker/base/Dockerfile .
    call :result base:cpu "demux:cpu tmdb:cpu pre-ner:cpu post-ner:cpu subtitle-gen:cpu mux:cpu silero-vad:cpu pyannote-vad:cpu diarization:cpu asr:cpu second-pass-translation:cpu lyrics-detection:cpu"
)
if defined BLOCKED goto report
if defined DO_CUDA (
    echo ==^> base:cuda
    docker build %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-base:cuda -f docker/base-cuda/Dockerfile .
    call :result base:cuda "silero-vad:cuda pyannote-vad:cuda diarization:cuda asr:cuda second-pass-translation:cuda lyrics-detection:cuda"
)
if defined BLOCKED goto report

rem Phase 2: cpu stages
if defined DO_CPU (
    echo ==^> demux:cpu
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-demux:cpu -f docker/demux/Dockerfile .
    call :result demux:cpu
)
if defined DO_CPU (
    echo ==^> tmdb:cpu
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-tmdb:cpu -f docker/tmdb/Dockerfile .
    call :result tmdb:cpu
)
if defined DO_CPU (
    echo ==^> pre-ner:cpu
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-pre-ner:cpu -f docker/pre-ner/Dockerfile .
    call :result pre-ner:cpu
)
if defined DO_CPU (
    echo ==^> post-ner:cpu
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-post-ner:cpu -f docker/post-ner/Dockerfile .
    call :result post-ner:cpu
)
if defined DO_CPU (
    echo ==^> subtitle-gen:cpu
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-subtitle-gen:cpu -f docker/subtitle-gen/Dockerfile .
    call :result subtitle-gen:cpu
)
if defined DO_CPU (
    echo ==^> mux:cpu
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-mux:cpu -f docker/mux/Dockerfile .
    call :result mux:cpu
)
if defined DO_CPU_OPTIONAL (
    echo ==^> silero-vad:cpu
    docker build --build-arg "TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu" --build-arg "VARIANT=cpu" --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-silero-vad:cpu -f docker/silero-vad/Dockerfile .
    call :result silero-vad:cpu
)
if defined DO_CPU_OPTIONAL (
    echo ==^> pyannote-vad:cpu
    docker build --build-arg "TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu" --build-arg "VARIANT=cpu" --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-pyannote-vad:cpu -f docker/pyannote-vad/Dockerfile .
    call :result pyannote-vad:cpu
)
if defined DO_CPU_OPTIONAL (
    echo ==^> diarization:cpu
    docker build --build-arg "TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu" --build-arg "VARIANT=cpu" --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-diarization:cpu -f docker/diarization/Dockerfile .
    call :result diarization:cpu
)
if defined DO_CPU_OPTIONAL (
    echo ==^> asr:cpu
    docker build --build-arg "TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu" --build-arg "VARIANT=cpu" --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-asr:cpu -f docker/asr/Dockerfile .
    call :result asr:cpu
)
if defined DO_CPU_OPTIONAL (
    echo ==^> second-pass-translation:cpu
    docker build --build-arg "TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu" --build-arg "VARIANT=cpu" --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-second-pass-translation:cpu -f docker/second-pass-translation/Dockerfile .
    call :result second-pass-translation:cpu
)
if defined DO_CPU_OPTIONAL (
    echo ==^> lyrics-detection:cpu
    docker build --build-arg "TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu" --build-arg "VARIANT=cpu" --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-lyrics-detection:cpu -f docker/lyrics-detection/Dockerfile .
    call :result lyrics-detection:cpu
)

rem Phase 3: cuda stages
if defined DO_CUDA (
    echo ==^> silero-vad:cuda
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-silero-vad:cuda -f docker/silero-vad/Dockerfile .
    call :result silero-vad:cuda
)
if defined DO_CUDA (
    echo ==^> pyannote-vad:cuda
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-pyannote-vad:cuda -f docker/pyannote-vad/Dockerfile .
    call :result pyannote-vad:cuda
)
if defined DO_CUDA (
    echo ==^> diarization:cuda
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-diarization:cuda -f docker/diarization/Dockerfile .
    call :result diarization:cuda
)
if defined DO_CUDA (
    echo ==^> asr:cuda
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-asr:cuda -f docker/asr/Dockerfile .
    call :result asr:cuda
)
if defined DO_CUDA_OPTIONAL (
    echo ==^> second-pass-translation:cuda
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-second-pass-translation:cuda -f docker/second-pass-translation/Dockerfile .
    call :result second-pass-translation:cuda
)
if defined DO_CUDA_OPTIONAL (
    echo ==^> lyrics-detection:cuda
    docker build --build-arg REGISTRY=%REGISTRY% %BUILD_ARGS% -t %REGISTRY%/cp-whisperx-app-lyrics-detection:cuda -f docker/lyrics-detection/Dockerfile .
    call :result lyrics-detection:cuda
)

:report
for %%i in (%PLAN%) do call :left %%i
echo.
echo built:%BUILT%
if not defined FAILED exit /b 0
echo failed:%FAILED% 1>&2
if defined LEFT echo not tried:%LEFT% 1>&2
exit /b 1

rem What became of the build before it: IMAGE, and the images that cannot be built without it.
:result
if "%ERRORLEVEL%"=="0" (
    set "BUILT=%BUILT% %~1"
    exit /b 0
)
set "FAILED=%FAILED% %~1"
if "%~2"=="" exit /b 0
set "BLOCKED=%~2"
echo %~1 failed; blocked: %~2 1>&2
exit /b 0

:left
set "DONE="
for %%i in (%BUILT% %FAILED%) do if "%%i"=="%~1" set "DONE=1"
if not defined DONE set "LEFT=%LEFT% %~1"
exit /b 0
