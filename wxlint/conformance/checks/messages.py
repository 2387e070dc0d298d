"""Why a verdict is what it is, by kind, with the sentence that people read: the one place for these words."""

from __future__ import annotations

from enum import Enum, unique


@unique
class Message(Enum):
    """A kind of reason; its value is a template for the verdict's values."""

    # the image
    EXISTS = "{status}"
    NO_IMAGE = "there is no image to look at: {why}"
    BUILD_FAILED = "{why}"
    BUILD_FAILED_AT = "{dockerfile}: {why}"
    IMAGE_MISSING = "{why}; build it with --wx-build auto, or `wxlint build`"
    NOTHING_BUILT = "{why}; nothing was built, since the GPU was to be checked: {lacking}"
    BLOCKED = "blocked by {image}, which is not judged here"
    BLOCKED_HERE = "blocked by {image}"
    FOLLOWS = "there is no image to look at, as `exists` says"
    NOT_WANTED = "no image, and none is needed: {why}"
    ENGINE_FAULT = "the engine failed, which says nothing about the image: {words}"
    NO_ENGINE = "{words}"
    ABORTED = "the preparation was aborted: {why}"
    NOT_COLLECTED = "what `{check}` judges was not collected ({what}): this run did not get that far"

    # how it was looked at
    NEEDS_RUN = "its layers do not show that: pytest runs the image"
    PROBE_FAILED = "the probe proves nothing: {why}"
    LAYERS_UNREADABLE = "the layers cannot be read: {why}"

    # base, tags
    STANDS_ON = "{shared} layers of {base}"
    BASE_UNKNOWN = "{dockerfile} does not say for certain what it starts from"
    UPSTREAM_NOT_ALLOWED = "starts from {base}; allowed upstream: {allowed}"
    BASE_ABSENT = "the engine has no {base}, and it cannot be had: its layers cannot be compared"
    OTHER_UPSTREAM = (
        "does not stand on the {base} that the engine has: {shared} of its {layers} layers are there; "
        "it may be newer than the image"
    )
    OTHER_BASE = (
        "does not descend from {base}: {shared} of its {layers} layers are there; built from an older or another base?"
    )
    FORBIDDEN_TAG = "the engine has {twins}, and the policy forbids that tag: remove it, since a FROM may take it"
    NO_FORBIDDEN_TAG = "no {tags} of {name}"

    AS_PREDICTED = "as `wxlint check` says: {same}{open}"
    NOT_AS_PREDICTED = "{differences}: a stale image, an install that nobody saw, or a mistake of wxlint"
    NOT_PREDICTED = "`wxlint check` knows nothing of what {dockerfile} makes"

    # python, user, sizes, distributions
    NO_PYTHON = "no Python {wanted} in the image"
    PYTHON = "Python {version}"
    OTHER_PYTHON = "Python {version}; the policy says {wanted}"
    USER = "USER {user}, uid {uid}"
    OTHER_USER = "USER {user}, uid {uid}; the policy says {wanted}"
    NO_SUCH_USER = "USER {user}: the image has no such user, so that nothing can run in it"
    USER_UNKNOWN = "USER {user}: nothing in the image says which uid that is"
    SIZE = "{size} of {allowed}"
    CUDA_SIZE = "{size} of CUDA, {allowed} allowed"
    DISTRIBUTIONS_FIT = "{count} distributions, every requirement satisfied"
    NO_DISTRIBUTIONS = "no Python in the image, so no distributions"
    DISTRIBUTIONS_BROKEN = "{broken}"
    DISTRIBUTIONS_UNLISTED = "distributions cannot be listed: {why}"

    # the contract
    CONTRACT_HOLDS = "{held}"
    CONTRACT_BROKEN = "not as the policy says: {wrong}"
    CONTRACT_OPEN = "{left}"

    # what it answers
    ANSWERS = "{command} answers"
    NOT_IN_TIME = "{command}: not done after {seconds:g} seconds"
    OTHER_EXIT_CODE = "{command}: exit code {code}, not {wanted}"
    NO_MATCH = "{command}: nothing in its output fits {pattern!r}"
    PATTERN_TOO_SLOW = "{command}: {pattern!r} is not found in its output within the time for the search"
    SERVICE_NEEDS_GPU = "the service reserves a GPU, and none was used; --wx-gpu runs it"
    SERVICE_WITHOUT_GPU = "{command}: the engine gives the service no GPU: {missing}"
    NO_COMPOSE = "the service cannot be run here: {why}"

    # torch, CUDA
    TORCH = "torch {version}"
    NO_TORCH = "no torch in the image"
    TORCH_MISSING = "no torch in the image; the policy requires it"
    TORCH_FORBIDDEN = "torch {version} at {path}; the policy forbids it"
    TORCH_UNREADABLE = "which build torch is cannot be read: {why}"
    TORCH_BUILD = "torch {version} is built for {build}"
    TORCH_NOT_IMPORTED = "torch {version} is built for {build}, but cannot be imported: {why}"
    TORCH_NOT_COMPILED = "torch {version} is built for {build} by its version, but was compiled without it"
    OTHER_CHANNEL = "torch {version} is built for {build}, not from channel {channel}"
    CHANNEL_WITHOUT_TRACE = "nothing in torch tells a build of channel {channel}; torch {version} is built for {build}"
    HAS_CUDA = "{found}"
    NO_CUDA = "no CUDA {by}{hidden}"
    CUDA_OF_TORCH = "torch {version} is built with CUDA {cuda}"
    OTHER_CUDA_OF_TORCH = "torch {version} is built with CUDA {cuda}, not {wanted}"
    TORCH_WITHOUT_CUDA = "torch {version} is built for {build}, not CUDA {wanted}"
    CUDA_RUNTIME = "the CUDA runtime is {versions}"
    OTHER_CUDA_RUNTIME = "the CUDA runtime is {versions}, not {wanted}"
    CUDA_WITHOUT_VERSION = "{count} CUDA libraries, but none that tells its version"
    CUDA_NOT_PROVEN = "nothing in the image proves CUDA {wanted}; environment variables are no proof"
    STAND_IN = "its upstream only stands in for the real one (label wxlint.stand-in), which has {what}"
    CUDNN = "cuDNN {versions}"
    OTHER_CUDNN = "cuDNN {versions}; the policy says {wanted}"
    NO_CUDNN = "no cuDNN in the image; the policy says {wanted}"
    GPU_ARCH = "torch is compiled for {archs}"
    OTHER_GPU_ARCH = "torch is compiled for {archs}, which does not reach {missing}"
    GPU_ARCH_UNKNOWN = "torch does not say which GPUs it was compiled for"
    LIBRARIES_LOAD = "{count} libraries load: {names}"
    LIBRARIES_BROKEN = "libraries do not load: {broken}"
    LIBRARIES_NOT_TRIED = "loading CUDA's libraries: {why}"
    NOTHING_TO_LOAD = "there is no CUDA runtime, cuBLAS or cuDNN to load"
    BASE_WITHOUT_LIBRARIES = "the base has no cuBLAS or cuDNN of its own"
    NO_PYTHON_TO_LOAD = "there is no Python in the image to load CUDA's libraries with"
    STACK = "{stack}"
    NO_STACK = "no distribution in the image computes on an accelerator"
    STACK_UNKNOWN = "the image's distributions cannot be listed"
    MISMATCHES = "{mismatches}"
    PROVIDERS = "{engines}"
    PROVIDERS_WRONG = "{wrong}"
    NO_PROVIDERS = "neither ctranslate2 nor onnxruntime is installed"

    # the device
    NO_GPU_USED = "no GPU was used; --wx-gpu runs it"
    NO_GPU_AND_NO_IMAGE = "no GPU was used and there is no image; {why}"
    GPU_WANTED = "the GPU was to be checked: {why}"
    GPU_REFUSED = "{refusal}"
    DEVICE_FAILED = "the device cannot be used: {why}"
    NO_DEVICE = "the container has no device"
    WRONG_RESULT = "{devices} computed a wrong result"
    DEVICE_WORKS = "{devices} by {by}"
