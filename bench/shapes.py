"""Files of shapes that could cost more than their size: each is a function of how often something repeats."""

from __future__ import annotations

from collections.abc import Callable

Files = dict[str, str]
Shape = Callable[[int], Files]
SHAPES: dict[str, Shape] = {}


def shape(make: Shape) -> Shape:
    SHAPES[make.__name__] = make
    return make


def docker(text: str) -> Files:
    return {"Dockerfile": text}


def shell(text: str) -> Files:
    return {"build.sh": "#!/bin/bash\n" + text}


def batch(text: str) -> Files:
    return {"build.bat": "@echo off\n" + text}


def powershell(text: str) -> Files:
    return {"build.ps1": text}


def compose(text: str) -> Files:
    return {"compose.yml": text}


def installed(name: str, text: str, run: str) -> Files:
    return {name: text, "Dockerfile": f"FROM python:3.11\nWORKDIR /app\nCOPY . .\nRUN {run}\n"}


def requirements(text: str) -> Files:
    return installed("requirements.txt", text, "pip install -r requirements.txt")


# -- builds of what is not there


def beside_a_dockerfile(files: Files) -> Files:
    return {"docker/Dockerfile.here": "FROM a:1\n", "x/Dockerfile.here": "FROM a:1\n"} | files


@shape
def missing_dockerfiles(n: int) -> Files:
    builds = "".join(f"docker build -f docker/Dockerfile.v{i} -t a:{i} .\n" for i in range(n))
    return beside_a_dockerfile(shell(builds))


@shape
def missing_dockerfiles_of_one_name(n: int) -> Files:
    return beside_a_dockerfile(shell("docker build -f docker/Dockerfile -t a:1 docker\n" * n))


@shape
def missing_dockerfiles_of_folders(n: int) -> Files:
    return beside_a_dockerfile(shell("".join(f"docker build -t a:{i} x\n" for i in range(n))))


@shape
def missing_dockerfiles_of_services(n: int) -> Files:
    build = "build: {{context: ., dockerfile: docker/Dockerfile.v{}}}"
    services = "".join(f"  s{i}:\n    {build.format(i)}\n" for i in range(n))
    return beside_a_dockerfile({**compose("services:\n" + services), **shell("echo a\n" * n)})


# -- Dockerfiles


@shape
def dockerfile_stages(n: int) -> Files:
    return docker("FROM python:3.11 AS s0\n" + "".join(f"FROM s{i} AS s{i + 1}\n" for i in range(n)))


@shape
def dockerfile_copies_between_stages(n: int) -> Files:
    return docker("FROM a:1 AS s0\n" + "".join(f"FROM a:1 AS s{i + 1}\nCOPY --from=s{i} /a /a\n" for i in range(n)))


@shape
def dockerfile_latest(n: int) -> Files:
    return docker("FROM a:latest\n" * n)


@shape
def dockerfile_args_of_args(n: int) -> Files:
    return docker("ARG A0=a\n" + "".join(f"ARG A{i + 1}=$A{i}\n" for i in range(n)) + f"FROM a:$A{n}\n")


@shape
def dockerfile_env_grows(n: int) -> Files:
    return docker("FROM a:1\nENV P=a\n" + "ENV P=$P:b\n" * n)


@shape
def dockerfile_runs(n: int) -> Files:
    return docker("FROM python:3.11\n" + "RUN pip install flask\n" * n)


@shape
def dockerfile_one_long_run(n: int) -> Files:
    return docker("FROM python:3.11\nRUN true" + " && \\\n    pip install flask" * n + "\n")


@shape
def dockerfile_long_words(n: int) -> Files:
    return docker("FROM python:3.11\nRUN pip install " + "a" * n + "\n")


@shape
def dockerfile_comments_in_a_run(n: int) -> Files:
    return docker("FROM a:1\nRUN pip install \\\n" + "# why\n" * n + "  flask\n")


@shape
def dockerfile_blank_continuations(n: int) -> Files:
    return docker("FROM a:1\nRUN a \\\n" + "\n" * n + "b\n")


@shape
def dockerfile_heredocs(n: int) -> Files:
    return docker("FROM a:1\n" + "RUN <<E\npip install flask\nE\n" * n)


@shape
def dockerfile_open_heredocs(n: int) -> Files:
    return docker("FROM a:1\nRUN " + "<<E " * n + "\npip install flask\n")


@shape
def dockerfile_workdirs(n: int) -> Files:
    return docker("FROM a:1\n" + "WORKDIR a\n" * n)


@shape
def dockerfile_suppressions(n: int) -> Files:
    return docker("# wxlint: ignore[latest-tag] it is\nFROM a:latest\n" * n)


@shape
def dockerfile_copies_and_installs(n: int) -> Files:
    return {
        **docker("FROM python:3.11\n" + "COPY r.txt r.txt\nRUN pip install -r r.txt\n" * n),
        "r.txt": "flask\ntorch\n",
    }


@shape
def dockerfile_patterns(n: int) -> Files:
    return docker("ARG A=" + "a" * n + "b\nFROM x:${A##*a*a*a*a*c}\n")


@shape
def dockerfile_nested_defaults(n: int) -> Files:
    return docker("FROM a:" + "${A:-" * n + "b" + "}" * n + "\n")


@shape
def dockerfile_json(n: int) -> Files:
    return docker('FROM a:1\nRUN ["pip", "install"' + ', "flask"' * n + "]\n")


@shape
def dockerfile_flags(n: int) -> Files:
    return docker("FROM a:1\nRUN " + "--mount=type=cache,target=/a " * n + "pip install flask\n")


@shape
def dockerfile_parentheses_in_a_run(n: int) -> Files:
    return docker("FROM a:1\nRUN " + "(" * n + "pip install flask" + ")" * n + "\n")


@shape
def dockerfile_templates(n: int) -> Files:
    return docker("FROM a:1\n" + "RUN docker inspect -f '{{.Id}}' a\n" * n)


# -- shell scripts


@shape
def shell_builds(n: int) -> Files:
    return shell("docker build -t a:1 .\n" * n)


@shape
def shell_builds_on_one_line(n: int) -> Files:
    return shell("; ".join(f"docker build -t a{i}:1 ." for i in range(n)) + "\n") | {"Dockerfile": "FROM python:3.11\n"}


@shape
def shell_variables_that_name_dockerfiles(n: int) -> Files:
    text = "".join(f"D{i}=docker/Dockerfile.{i}\ndocker build -f $D{i} .\n" for i in range(n))
    return shell(text) | {"Dockerfile": "FROM python:3.11\n"}


@shape
def shell_case_arms_that_look_further(n: int) -> Files:
    return shell("case $1 in\n" + "a*) A=x;;&\n" * n + "esac\ndocker push a:$A\n")


@shape
def makefile_targets_of_runs(n: int) -> Files:
    runs = "".join(f"RUN make t{i}\n" for i in range(n))
    targets = "".join(f"t{i}:\n\tpip install p{i}\n" for i in range(n))
    return {"Dockerfile": f"FROM python:3.11\nCOPY . .\n{runs}", "Makefile": targets}


@shape
def shell_words(n: int) -> Files:
    return shell("docker pull" + " a:latest" * n + "\n")


@shape
def shell_quotes(n: int) -> Files:
    return shell("docker pull " + "\"'" * n + "\n")


@shape
def shell_substitutions(n: int) -> Files:
    return shell('A=$(cd "' * min(n, 2000) + "x" + '")' * min(n, 2000) + "\ndocker pull $A\n")


@shape
def shell_pipes(n: int) -> Files:
    return shell("docker pull a" + " | b" * n + "\n")


@shape
def shell_lists(n: int) -> Files:
    return shell("docker pull a" + " && b || c" * n + "\n")


@shape
def shell_ifs(n: int) -> Files:
    return shell("".join(f"if [ -n $A{i} ]; then B=x{i}; fi\n" for i in range(n)) + "docker pull $B\n")


@shape
def shell_ways(n: int) -> Files:
    return shell("".join(f'if [ "$A{i}" = 1 ]; then B{i}=x; fi\ndocker push a:$B{i}\n' for i in range(n)))


@shape
def shell_ways_by_words(n: int) -> Files:
    arms = "".join(f'case "$1" in\n  a|b|c) B{i}=x ;;\n  d) B{i}=y ;;\nesac\n' for i in range(n))
    return shell(arms + "docker push a:$B1\n")


@shape
def shell_cases(n: int) -> Files:
    return shell("case $1 in\n" + "".join(f"a{i}) docker pull a{i};;\n" for i in range(n)) + "esac\n")


@shape
def shell_functions(n: int) -> Files:
    return shell("".join(f"f{i}() {{ f{i + 1}; }}\n" for i in range(n)) + f"f{n}() {{ docker pull a; }}\nf0\n")


@shape
def shell_functions_again(n: int) -> Files:
    return shell("".join(f"f() {{ docker pull a:{i}; }}\nf\n" for i in range(n)))


@shape
def shell_evals(n: int) -> Files:
    return shell("A=x\n" + 'eval "docker pull a:$A"\n' * n)


@shape
def shell_evals_that_grow(n: int) -> Files:
    return shell("A=x\n" + 'eval "A=\\$A$A"\n' * n)


@shape
def shell_arrays_copied(n: int) -> Files:
    return shell("A=(" + "a " * min(n, 900) + ")\n" + 'B=("${A[@]}")\n' * n)


@shape
def shell_reads(n: int) -> Files:
    return shell("read -ra A <<E\n" + "a " * n + "\nE\nread " + "A " * n + "<<E\n" + "a " * n + "\nE\n")


@shape
def shell_loops_that_read(n: int) -> Files:
    return shell("while read -r A B; do docker pull $A:$B; done <<E\n" + "a b\n" * n + "E\n")


@shape
def shell_sources(n: int) -> Files:
    return {**shell(". ./env.sh\ndocker pull a:$T\n" * n), "env.sh": "T=1\n"}


@shape
def shell_sources_that_are_not_there(n: int) -> Files:
    return shell("".join(f"A{i}=b\n. ./gone{i}.sh\n" for i in range(n)) + "docker pull a:$A1\n")


@shape
def shell_wrapped(n: int) -> Files:
    return shell("env " + "A=b " * n + "docker pull a:1\nsh " + "-x " * n + "-c 'docker pull a:2'\n")


@shape
def shell_printed(n: int) -> Files:
    return shell("docker pull $(printf 'a:%s' " + "a " * n + ") $(echo " + "-n " * n + "a)\n")


@shape
def shell_paths(n: int) -> Files:
    return shell('cd "$(dirname "$0")"\n' + "D=$(pwd)\ndocker build -f $D/Dockerfile $D\n" * n)


@shape
def shell_loops(n: int) -> Files:
    return shell("for i in " + " ".join(f"a{i}" for i in range(n)) + "; do docker pull $i; done\n")


@shape
def shell_loops_in_loops(n: int) -> Files:
    return shell("for i in {1..1000}; do " * min(n, 200) + "docker pull a" + "; done" * min(n, 200) + "\n")


@shape
def shell_doubling(n: int) -> Files:
    return shell("A=x\n" + "A=$A$A\n" * n + "docker pull $A\n")


@shape
def shell_appends(n: int) -> Files:
    return shell("A=()\n" + "A+=(x)\n" * n + 'docker pull "${A[@]}"\n')


@shape
def shell_heredocs(n: int) -> Files:
    return shell("cat <<E\ndocker pull a\nE\n" * n)


@shape
def shell_comments(n: int) -> Files:
    return shell("docker pull a:1\n" + "# why\n" * n)


@shape
def shell_suppressions(n: int) -> Files:
    return shell("# wxlint: ignore[latest-tag] it is\ndocker pull a:latest\n" * n)


@shape
def shell_options(n: int) -> Files:
    loop = "".join(f"--o{i}) A{i}=$2; shift 2;;\n" for i in range(n))
    return shell(f"while [[ $# -gt 0 ]]; do case $1 in\n{loop}esac; done\ndocker build -t $A1 .\n")


@shape
def shell_braces(n: int) -> Files:
    return shell("docker pull a" + "{b,c}" * n + "\n")


@shape
def shell_patterns(n: int) -> Files:
    return shell("A=" + "a" * n + "b\ndocker pull ${A##*a*a*a*a*c} ${A//a*b/c}\n")


@shape
def shell_brackets(n: int) -> Files:
    return shell("docker pull a; " + "[[ " * n + "\n")


@shape
def shell_arithmetic(n: int) -> Files:
    return shell("docker pull a:$((1" + "+1" * n + "))\n")


@shape
def shell_blank_lines(n: int) -> Files:
    return shell("docker pull a\nf()" + "\n" * n + "x\n")


# -- batch scripts


@shape
def batch_builds(n: int) -> Files:
    return batch("docker pull a:latest\n" * n)


@shape
def batch_labels(n: int) -> Files:
    return batch("".join(f"goto l{i}\n:l{i}\n" for i in range(n)) + "docker pull a\n")


@shape
def batch_calls(n: int) -> Files:
    return batch("call :f\n" * n + "goto :eof\n:f\ndocker pull a\ncall :g\ncall :g\ngoto :eof\n:g\n")


@shape
def batch_call_args(n: int) -> Files:
    return batch("call :f " + "a " * n + '\ngoto :eof\n:f\ndocker pull %1:%2\nshift\nif not "%1"=="" goto f\n')


@shape
def batch_calls_of_files(n: int) -> Files:
    return batch("".join(f"set A{i}=b\ncall x{i}.bat\n" for i in range(n)) + "docker pull a:%A1%\n")


@shape
def batch_loops_in_loops(n: int) -> Files:
    depth = min(n, 26)
    loops = "".join(f"for %%{chr(97 + i)} in (1 2 3 4 5 6 7 8) do (\n" for i in range(depth))
    return batch(loops + "docker pull a\n" + ")\n" * depth)


@shape
def batch_quotes(n: int) -> Files:
    return batch("for" + ' "' * n + "\ndocker pull a\n")


@shape
def batch_percents(n: int) -> Files:
    return batch("docker pull " + "%" * n + "\n")


@shape
def batch_carets(n: int) -> Files:
    return batch("docker pull a ^\n" * n)


@shape
def batch_sets(n: int) -> Files:
    return batch("set A0=x\n" + "".join(f"set A{i + 1}=%A{i}%\n" for i in range(n)) + f"docker pull %A{n}%\n")


@shape
def batch_doubling(n: int) -> Files:
    return batch("set A=x\n" + "set A=%A%%A%\n" * n + "docker pull %A%\n")


@shape
def batch_ifs(n: int) -> Files:
    return batch("if a==a (" * n + "docker pull a" + ")" * n + "\n")


# -- compose files


@shape
def compose_services(n: int) -> Files:
    return compose("services:\n" + "".join(f"  s{i}: {{image: a:latest}}\n" for i in range(n)))


@shape
def compose_extends(n: int) -> Files:
    chain = "".join(f"  s{i + 1}: {{extends: {{service: s{i}}}}}\n" for i in range(n))
    return compose("services:\n  s0: {image: a:1}\n" + chain)


@shape
def compose_anchors(n: int) -> Files:
    return compose("x: &x {image: a:latest}\nservices:\n" + "".join(f"  s{i}: *x\n" for i in range(n)))


@shape
def compose_merges(n: int) -> Files:
    chain = "".join(f"x{i + 1}: &x{i + 1} {{<<: [*x{i}, *x{i}]}}\n" for i in range(min(n, 2000)))
    return compose("x0: &x0 {image: a:1}\n" + chain + "services: {s: *x0}\n")


@shape
def compose_environment(n: int) -> Files:
    return compose("services:\n  s:\n    image: a:1\n    environment:\n" + "      - A=${A:-b}\n" * n)


@shape
def compose_interpolation(n: int) -> Files:
    return compose("services: {s: {image: 'a:" + "${A:-" * n + "b" + "}" * n + "'}}\n")


@shape
def compose_inline_dockerfiles(n: int) -> Files:
    inline = "{dockerfile_inline: 'FROM a:latest'}"
    return compose("services:\n" + "".join(f"  s{i}: {{build: {inline}}}\n" for i in range(n)))


@shape
def compose_builds(n: int) -> Files:
    services = "".join(f"  s{i}: {{build: {{context: ., args: {{A: b{i}}}}}}}\n" for i in range(n))
    return {**compose("services:\n" + services), **docker("ARG A\nFROM a:$A\n")}


@shape
def compose_suppressions(n: int) -> Files:
    one = "  # wxlint: ignore[latest-tag] it is\n  s{0}: {{image: a:latest}}\n"
    return compose("services:\n" + "".join(one.format(i) for i in range(n)))


@shape
def compose_depth(n: int) -> Files:
    return compose("services: {s: {image: a:1, x: " + "[" * n + "]" * n + "}}\n")


# -- lists of packages


@shape
def requirements_lines(n: int) -> Files:
    return requirements("".join(f"p{i}==1.0\n" for i in range(n)))


@shape
def requirements_of_torch(n: int) -> Files:
    return requirements("torch==2.3.1\n" * n)


@shape
def requirements_blank_lines(n: int) -> Files:
    return requirements("# a paragraph\n\n" * n + "torch\n")


@shape
def requirements_spaces(n: int) -> Files:
    return requirements("torch" + " " * n + "x\n")


@shape
def requirements_joined(n: int) -> Files:
    return requirements("torch \\\n" + "  --hash=sha256:abc \\\n" * n + "\n")


@shape
def requirements_same_file(n: int) -> Files:
    return {**requirements("-r b.txt\n" * n), "b.txt": "torch\nflask\n"}


@shape
def requirements_chain(n: int) -> Files:
    n = min(n, 500)
    return {**requirements("-r r0.txt\n"), **{f"r{i}.txt": f"-r r{i + 1}.txt\ntorch\n" for i in range(n)}}


@shape
def requirements_extras(n: int) -> Files:
    return requirements("torch[" + ",".join(["a"] * n) + "]\n")


@shape
def requirements_markers(n: int) -> Files:
    return requirements("torch; " + " and ".join(["python_version > '3'"] * n) + "\n")


@shape
def requirements_versions(n: int) -> Files:
    return requirements("torch" + ",".join([">=1"] * n) + "\n")


@shape
def pyproject_dotted(n: int) -> Files:
    return installed("pyproject.toml", "a" + ".a" * n + "=1\n", "pip install .")


@shape
def pyproject_depth(n: int) -> Files:
    return installed("pyproject.toml", "a=" + "[" * n + "]" * n + "\n", "pip install .")


@shape
def pyproject_extras(n: int) -> Files:
    extras = "".join(f"a{i} = ['app[a{i + 1}]', 'app[a{i + 1}]', 'torch']\n" for i in range(n))
    text = f"[project]\nname = 'app'\n[project.optional-dependencies]\n{extras}"
    return installed("pyproject.toml", text, "pip install .[a0]")


@shape
def pyproject_dependencies(n: int) -> Files:
    listed = ", ".join(f"'p{i}'" for i in range(n))
    return installed("pyproject.toml", f"[project]\nname = 'app'\ndependencies = [{listed}]\n", "pip install .")


@shape
def pyproject_dependencies_in_lines(n: int) -> Files:
    listed = "".join(f"  \"p{i} ; sys_platform == 'linux'\",\n" for i in range(n))
    return installed("pyproject.toml", f"[project]\nname = 'app'\ndependencies = [\n{listed}]\n", "uv sync")


@shape
def setup_cfg_requires(n: int) -> Files:
    listed = "".join(f"  p{i}\n" for i in range(n))
    text = f"[metadata]\nname = app\n[options]\ninstall_requires =\n{listed}"
    return {"setup.py": "import setuptools\nsetuptools.setup()\n"} | installed("setup.cfg", text, "pip install .")


@shape
def setup_py_requires(n: int) -> Files:
    listed = ", ".join(f"'p{i}'" for i in range(n))
    text = f"import setuptools\nsetuptools.setup(name='app', install_requires=[{listed}])\n"
    return installed("setup.py", text, "pip install .")


@shape
def pipfile_packages(n: int) -> Files:
    text = "[packages]\n" + "".join(f"p{i} = '*'\n" for i in range(n))
    return installed("Pipfile", text, "pipenv install --skip-lock")


@shape
def poetry_dependencies(n: int) -> Files:
    text = "[tool.poetry.dependencies]\n" + "".join(f"p{i} = '*'\n" for i in range(n))
    return installed("pyproject.toml", text, "poetry install")


@shape
def uv_added(n: int) -> Files:
    listed = ", ".join(f"'p{i}'" for i in range(n))
    added = " ".join(f"p{i}==1" for i in range(n))
    return installed("pyproject.toml", f"[project]\nname = 'app'\ndependencies = [{listed}]\n", f"uv add {added}")


@shape
def conda_dependencies(n: int) -> Files:
    text = "dependencies:\n" + "".join(f"  - p{i}=1\n" for i in range(n))
    return installed("environment.yml", text, "conda env create -f environment.yml")


@shape
def pip_settings(n: int) -> Files:
    return installed("pip.conf", "[global]\nextra-index-url =\n" + "   https://x\n" * n, "pip install torch")


# -- PowerShell


@shape
def powershell_variables(n: int) -> Files:
    given = "".join(f"$a{i} = 'x'\n. ./b.ps1\n" for i in range(n))
    return powershell(given + "".join(f"docker pull a:$a{i}\n" for i in range(n)))


@shape
def powershell_chained_variables(n: int) -> Files:
    return powershell("$a0 = 'x'\n" + "".join(f'$a{i + 1} = "$a{i}/x"\ndocker pull $a{i}\n' for i in range(n)))


@shape
def powershell_open_brackets(n: int) -> Files:
    return powershell('docker pull "$(a (' * n)


@shape
def powershell_paths_in_paths(n: int) -> Files:
    return powershell("cd " + "(Join-Path " * n + "a b" + ")" * n + "\ndocker pull a\n")


@shape
def powershell_parameters(n: int) -> Files:
    return powershell("param(\n" * n + "function f { param($a) $b = 1 }\n" * n)


@shape
def powershell_arguments(n: int) -> Files:
    return powershell("docker pull (a) 'b''c' \"d`n$e\" f,g @h > i\n" * n)


# -- what is read around them


@shape
def ignored_by_stars(n: int) -> Files:
    n = min(n, 5000)
    return {".git/HEAD": "ref: refs/heads/main\n", ".gitignore": "**/" * n + "a\n" + "*a" * n + "b\n"} | {
        "a" * 200 + "/Dockerfile": "FROM a:latest\n"
    }


@shape
def docker_ignores(n: int) -> Files:
    return {**requirements("torch\n"), ".dockerignore": "**/a/**/b/**/c\n" * n}


@shape
def policy_stages(n: int) -> Files:
    listed = ", ".join(f"s{i}" for i in range(n))
    text = f"wxlint: 1\nimage: 'app-{{stage}}'\nvariants: {{cpu: {{stages: [{listed}]}}}}\n"
    return {"wxlint.yaml": text, **docker("FROM a:latest\n")}


@shape
def many_dockerfiles(n: int) -> Files:
    return {f"d{i}/Dockerfile": "FROM a:latest\n" for i in range(min(n, 5000))}


@shape
def chain_of_dockerfiles(n: int) -> Files:
    files = {f"d{i}/Dockerfile": f"FROM app{i + 1}:1\n" for i in range(min(n, 2000))}
    builds = "".join(f"docker build -t app{i}:1 d{i}\n" for i in range(min(n, 2000)))
    return {**files, **shell(builds)}
