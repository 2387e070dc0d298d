@echo off
rem Builds the image family: the bases, then the CPU stages, then the GPU stages.
rem
rem   scripts\build-all-images.bat           everything
rem   scripts\build-all-images.bat cpu       base:cpu and the CPU stages
rem   scripts\build-all-images.bat cuda      base:cuda and the GPU stages
rem
rem DOCKERHUB_USER   the registry's user, in every tag and in every FROM (default: rajiup)
rem BUILD_ARGS       more options for every docker build, such as "--build-arg TORCH_INDEX_URL="
setlocal EnableDelayedExpansion
cd /d "%~dp0.."

set "REGISTRY=%DOCKERHUB_USER%"
if "%REGISTRY%"=="" set "REGISTRY=rajiup"
set "SELECT=%~1"
if "%SELECT%"=="" set "SELECT=all"
if not "%SELECT%"=="all" if not "%SELECT%"=="cpu" if not "%SELECT%"=="cuda" (
    echo usage: %~nx0 [all^|cpu^|cuda] 1>&2
    exit /b 2
)

if not defined DOCKER_BUILDKIT set "DOCKER_BUILDKIT=1"
set "CPU_STAGES=demux tmdb pre-ner post-ner subtitle-gen mux"
set "CUDA_STAGES=silero-vad pyannote-vad diarization asr second-pass-translation lyrics-detection"
set "BUILT="
set "FAILED="

rem Phase 1: the bases
if not "%SELECT%"=="cuda" (
    docker build --build-arg "REGISTRY=%REGISTRY%" %BUILD_ARGS% -t "%REGISTRY%/cp-whisperx-app-base:cpu" -f docker/base/Dockerfile .
    if errorlevel 1 (
        echo base:cpu failed; blocked: %CPU_STAGES% 1>&2
        set "FAILED=base:cpu"
        goto report
    )
    set "BUILT=!BUILT! base:cpu"
)
if not "%SELECT%"=="cpu" (
    docker build --build-arg "REGISTRY=%REGISTRY%" %BUILD_ARGS% -t "%REGISTRY%/cp-whisperx-app-base:cuda" -f docker/base-cuda/Dockerfile .
    if errorlevel 1 (
        echo base:cuda failed; blocked: %CUDA_STAGES% 1>&2
        set "FAILED=base:cuda"
        goto report
    )
    set "BUILT=!BUILT! base:cuda"
)

rem Phase 2: the CPU stages
if not "%SELECT%"=="cuda" (
    for %%s in (%CPU_STAGES%) do (
        docker build --build-arg "REGISTRY=%REGISTRY%" %BUILD_ARGS% -t "%REGISTRY%/cp-whisperx-app-%%s:cpu" -f docker/%%s/Dockerfile .
        if errorlevel 1 (set "FAILED=!FAILED! %%s:cpu") else (set "BUILT=!BUILT! %%s:cpu")
    )
)

rem Phase 3: the GPU stages
if not "%SELECT%"=="cpu" (
    for %%s in (%CUDA_STAGES%) do (
        docker build --build-arg "REGISTRY=%REGISTRY%" %BUILD_ARGS% -t "%REGISTRY%/cp-whisperx-app-%%s:cuda" -f docker/%%s/Dockerfile .
        if errorlevel 1 (set "FAILED=!FAILED! %%s:cuda") else (set "BUILT=!BUILT! %%s:cuda")
    )
)

:report
echo.
echo built:%BUILT%
if not "%FAILED%"=="" (
    echo failed:%FAILED%
    exit /b 1
)
exit /b 0
