"""What is refused in a Dockerfile. BuildKit's own converter says the same of each line of the two tables."""

from __future__ import annotations

import pytest

from wxlint.documents.dockerfile.reader import read_dockerfile
from wxlint.documents.dockerfile.templated import is_template
from wxlint.documents.dockerfile.validation import syntax_problems
from wxlint.documents.source import Source, decode


def messages(text: str, path: str = "Dockerfile") -> list[str]:
    return [problem.message for problem in syntax_problems(read_dockerfile(Source(path, decode(text.encode()))))]


REFUSED = [
    # arguments
    "FROM",
    "FROM a b",
    "FROM a as",
    "FROM a foo b",
    "FROM a AS 1x",
    "FROM a AS a+b",
    "FROM a AS é",
    'FROM a AS "y"',
    "FROM a AS $Y",
    "FROM a # comment",
    "FROM 'debian",
    "ENV",
    "ENV A",
    "ENV =x",
    "ENV a=b =x",
    "ENV a= b",
    "ENV a='b",
    "ENV a=${b",
    "ENV a=${b:=c}",
    "ENV a=${}",
    "ENV 'a=b c'",
    "ENV A b c='d",
    "LABEL",
    "LABEL a",
    "LABEL =x",
    'LABEL a="b',
    "ARG",
    "ARG =x",
    'ARG X="12',
    "ARG 'a=b'",
    "WORKDIR",
    "WORKDIR 'a",
    "USER",
    "USER 'a",
    "EXPOSE",
    "EXPOSE abc",
    "EXPOSE 80/xyz",
    "EXPOSE 99999",
    "EXPOSE 80-70",
    "EXPOSE '80",
    "EXPOSE /tcp",
    "EXPOSE 80 # web",
    "EXPOSE 80,90",
    "VOLUME",
    "VOLUME []",
    'VOLUME [""]',
    "VOLUME [1]",
    "VOLUME '/a",
    "STOPSIGNAL",
    "STOPSIGNAL foo",
    "STOPSIGNAL 0",
    "STOPSIGNAL SIGRTMIN+16",
    "STOPSIGNAL SIGUSR1 x",
    "MAINTAINER",
    "SHELL",
    "SHELL a",
    "SHELL []",
    "SHELL ['a']",
    'SHELL ["a"] x',
    "COPY",
    "COPY a",
    'COPY ["a"]',
    'COPY "a b" c',
    "COPY a b'",
    'COPY ["a", "\'c"]',
    "COPY a <<EOF\nx\nEOF",
    "ADD x",
    "CMD [1]",
    "ENTRYPOINT [1]",
    "RUN [1]",
    "RUNN x",
    "RUN <<EOF\nx",
    "\\",
    # flags
    "FROM --x=1 a",
    "FROM --platform a",
    "FROM --platform=x/y/z/w a",
    "FROM --platform=linux/ a",
    "FROM --platform=linux,amd64 a",
    "FROM --platform=a --platform=b a",
    "COPY --from=5 a b",
    "COPY --from=-1 a b",
    "COPY --from=0 a b",
    "COPY --from=$X a b",
    "COPY --from=${X} a b",
    "COPY --from a b",
    "COPY --x a b",
    "COPY --link=x a b",
    "COPY --link= a b",
    "COPY --link --link a b",
    "COPY --chmod a b",
    "COPY --checksum=a a b",
    "COPY --parents=0 a b",
    "ADD --from=x a b",
    "ADD --parents a b",
    "RUN --x true",
    "RUN --mount true",
    "RUN --mount= true",
    "RUN --mount=x true",
    "RUN --mount=type=x,target=/y true",
    "RUN --mount=foo=x,target=/y true",
    "RUN --mount=from=$X,target=/x true",
    "RUN --mount=type=cache,target=/x,sharing=foo true",
    "RUN --mount=type=cache,,target=/x true",
    "RUN --mount=type=secret,id=a,from=b true",
    "RUN --network=x true",
    "RUN --network=none --network=none true",
    "RUN --security=x true",
    "RUN --device true",
    "ENV --x=1 a=b",
    "LABEL --x=1 a=b",
    "WORKDIR --x /a",
    "CMD --x y",
    "ENTRYPOINT --x y",
    # HEALTHCHECK and ONBUILD
    "HEALTHCHECK",
    "HEALTHCHECK curl x",
    "HEALTHCHECK CMD",
    "HEALTHCHECK CMD []",
    "HEALTHCHECK CMD [1]",
    "HEALTHCHECK NONE x",
    "HEALTHCHECK --interval=5 CMD x",
    "HEALTHCHECK --interval=1us CMD x",
    "HEALTHCHECK --interval=-1s CMD x",
    "HEALTHCHECK --interval=1d CMD x",
    "HEALTHCHECK --interval=$X CMD x",
    "HEALTHCHECK --retries=x CMD x",
    "HEALTHCHECK --retries=-1 CMD x",
    "HEALTHCHECK --retries=99999999999 CMD x",
    "HEALTHCHECK --x=1 CMD x",
    'HEALTHCHECK ["CMD", "x"]',
    "ONBUILD",
    "ONBUILD ONBUILD RUN x",
    "ONBUILD FROM x",
    "ONBUILD MAINTAINER x",
    "ONBUILD --x RUN y",
    "ONBUILD RUN [1]",
    "ONBUILD ENV a",
]
ACCEPTED = [
    "RUN",
    "RUN []",
    "CMD",
    "CMD []",
    "CMD [a",
    "CMD 'a",
    "ENTRYPOINT",
    "RUN echo ${b:=c} '",
    "RUN -- true",
    "RUN << EOF\necho hi\nEOF",
    "COPY << EOF /x\necho\nEOF",
    "COPY a <<EOF b\nx\nEOF",
    "WORKDIR ''",
    "USER ''",
    "USER a b",
    "USER ${x:-a b}",
    "EXPOSE $X",
    "EXPOSE 80/",
    "EXPOSE 0",
    "EXPOSE 80-90/udp 1",
    "EXPOSE 80/TCP",
    "EXPOSE 8080:80",
    "EXPOSE 65535",
    "VOLUME a b",
    'VOLUME ["/a b"]',
    "VOLUME ['a']",
    "STOPSIGNAL 9",
    "STOPSIGNAL term",
    "STOPSIGNAL SIGRTMAX-1",
    "STOPSIGNAL 'SIGTERM'",
    "STOPSIGNAL --x=1 9",
    "MAINTAINER a 'b",
    "FROM a AS A_b.c-1",
    "FROM a AS scratch",
    "FROM 'debian'",
    "FROM --platform=$BUILDPLATFORM a",
    "FROM --platform=linux a",
    "FROM --platform=linux/arm/v7 a",
    "FROM --platform=linux(1)/amd64 a",
    "ENV a b=c",
    "ENV a=b c=$",
    "ENV ${x}=y",
    "ENV a=b#c",
    "ENV a=${b-c}${b#*/}${b//\\//-}",
    "LABEL a=$x b='$y'",
    'LABEL "a b"=c',
    "ARG a b=c",
    "ARG a=b=c",
    "ARG --x=1 a=b",
    "COPY --chown=$X --chmod=0755 --link --parents --exclude=x --exclude=y a b",
    "COPY --from='x' a b",
    "COPY --from= a b",
    "COPY --link=TRUE a b",
    "COPY [a, b]",
    "COPY [a b",
    "COPY '' a",
    "ADD --keep-git-dir --unpack=true --checksum=$X a b",
    "RUN --mount=type=secret,id=x true",
    "RUN --mount=type=ssh true",
    "RUN --mount=TYPE=Cache,target=/x,sharing=Locked,readwrite true",
    "RUN --mount=type=cache,target=/x,id=$X true",
    "RUN --mount=from=0,target=/x true",
    'RUN --mount=type=bind,"target=/x" true',
    "RUN --security=insecure --network=host --device=nvidia.com/gpu=all true",
    "HEALTHCHECK NONE",
    "HEALTHCHECK --x=1 NONE",
    "healthcheck cmd true",
    "HEALTHCHECK --interval=1m30s --timeout=.5s --start-period=0 --start-interval=1ms --retries=+1 CMD x",
    'HEALTHCHECK CMD [""]',
    "ONBUILD RUN",
    "ONBUILD COPY --from=9 a b",
    "ONBUILD ENV a=b",
]


def whole(line: str) -> str:
    return line if line.startswith("FROM") else f"FROM debian:12\n{line}\n"


@pytest.mark.parametrize("line", REFUSED)
def test_refused(line: str) -> None:
    assert len(messages(whole(line))) == 1


@pytest.mark.parametrize("line", ACCEPTED)
def test_accepted(line: str) -> None:
    assert messages(whole(line)) == []


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("ONBUILD FOO x", "unknown instruction FOO"),
        ("ONBUILD COPY a", "ONBUILD COPY takes"),
        ("ONBUILD RUN --x y", "unknown flag --x"),
        ("COPY --form=a b c", "did you mean --from?"),
        ("RUNN x", "did you mean RUN?"),
        ("COPY --from=5 a b", "1 stage, counted from 0"),
    ],
)
def test_messages(line: str, part: str) -> None:
    """A trigger is refused by the builds that run it: all of them."""
    (message,) = messages(whole(line))
    assert part in message


def test_a_problem_stands_at_its_word() -> None:
    read = read_dockerfile(Source("Dockerfile", "FROM a\nRUN --mount=type=cache,target=/x \\\n  --nwtork=none true\n"))
    (problem,) = syntax_problems(read)
    assert read.source.text[problem.start : problem.end] == "--nwtork=none"


@pytest.mark.parametrize("number", ["1", "b"])
def test_a_stage_copies_from_earlier_ones_only(number: str) -> None:
    text = f"FROM a AS a\nCOPY --from={number} x y\nFROM c AS b\nCOPY --from=a x y\n"
    assert messages(text) == [f"from={number} is a later stage; COPY takes from an earlier one"]
    assert messages("FROM a AS a\nCOPY --from=a x y\n") == [
        "from=a is this stage itself; COPY takes from an earlier one"
    ]


def test_a_stage_mounts_from_earlier_ones_only() -> None:
    text = "FROM a AS a\nRUN --mount=target=/x,from={} true\nFROM c AS b\nRUN --mount=from=a,target=/x true\n"
    assert messages(text.format("b")) == ["from=b is a later stage; RUN takes from an earlier one"]
    assert messages(text.format("a")) == ["from=a is this stage itself; RUN takes from an earlier one"]
    assert messages(text.format("1")) == []  # an image of that name


def test_images_that_are_copied_from_are_counted_behind_the_stages() -> None:
    assert messages("FROM a\nCOPY --from=b:1 x y\nCOPY --from=1 x y\n") == []
    assert len(messages("FROM a\nCOPY --from=b:1 x y\nCOPY --from=2 x y\n")) == 1


def test_instructions_before_the_first_stage() -> None:
    assert messages("ARG x\nENV a=b\nFROM a\n") == ["ENV stands before the first FROM; only ARG can"]
    assert messages("ARG x\n") == ["the file has no FROM"]
    assert messages("# a\n") == ["the file has no instructions"]


def test_a_frontend_of_somebody_else_may_know_more() -> None:
    more = "FROM a\nINCLUDE x\nCOPY --magic a b\nENV a\n"
    assert messages(f"# syntax=example.com/our-frontend:1\n{more}") == ["ENV must have two arguments"]
    assert len(messages(f"# syntax=mirror.example.com/docker/dockerfile:1.7\n{more}")) == 1
    included = "INCLUDE Dockerfile.base\nRUN true\nCOPY --from=late a b\nFROM a AS late\n"
    assert messages(f"# syntax=example.com/our-frontend:1\n{included}") == []
    assert len(messages(f"# syntax=example.com/our-frontend:1\nRUN true\n{included}")) == 1


TEMPLATES = [
    "FROM {{ image }}\nCOPY {{ a }} b\n",
    "FROM {{image}}:{{ tag }} AS x\nRUN true\n",
    "{% if gpu %}\nFROM a\n{% else %}\nFROM b\n{% endif %}\n"
    "RUN a \\\n{% for p in ps %}\n  {{ p }} \\\n{% endfor %}\n  && b\n",
    "FROM a\n<% if x %>\nRUN x\n<% end %>\n",
    "@@BASE@@\nRUN x\n",
    "FROM @@BASE@@\nRUN x\n",
    "%%BASE%%\nRUN x\n",
    "FROM a\nRUN b {% if c %} && d\n e{% endif %}\n",
]
NO_TEMPLATES = [
    "FROM ubuntu\nRUN docker inspect -f '{{.Id}}' x\n",
    "FROM ubuntu\nRUN go list -f '{{.Dir}}' ./...\n",
    "FROM ubuntu\nENV A={{ a }}\nLABEL b={{ c }}\nWORKDIR /{{ d }}\nEXPOSE {{ port }}\n",
    "FROM ubuntu\nRUN curl -w '%{http_code}' x && date '+{%Y}'\n",
    "FROM ubuntu\nRUN git diff @@ -1 && echo 50%% && mail a@@b\n",
    'FROM ubuntu\nCMD ["sh", "-c", "echo \'<% x\'"]\n',
    "FROM ubuntu\nRUN echo '<%= x %>' > index.jsp && echo '<%# y %>'\n",
]


@pytest.mark.parametrize("text", TEMPLATES)
def test_templates_are_not_held_to_syntax(text: str) -> None:
    assert messages(text) == []
    assert is_template(read_dockerfile(Source("Dockerfile", text)))


@pytest.mark.parametrize("text", NO_TEMPLATES)
def test_a_mark_counts_where_it_stands(text: str) -> None:
    assert messages(text) == []
    assert not is_template(read_dockerfile(Source("Dockerfile", text)))
    assert len(messages(f"{text}RUNN x\n")) == 1
    assert len(messages(f"{text}ENV =x\n")) == 1


def test_bytes_are_no_dockerfile() -> None:
    """Random bytes with a mark of a template, a comment or nothing in them that could be an instruction."""
    data = bytes(range(128, 256)) * 8
    for text in (data, b"#" + data, b"{{" + data + b"}}", data + b"\nFROM a\n"):
        read = read_dockerfile(Source("Dockerfile.x", decode(text)))
        assert [problem.message for problem in syntax_problems(read)][-1:] != []
    assert messages("FROM a\n# é \ufffd\n") == []
