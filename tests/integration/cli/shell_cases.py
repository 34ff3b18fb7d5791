"""Completion in a real bash and fish, the manual, and the management words."""

import os
import re
import subprocess

from support import expect

GROUPS = ("checkpoint", "container", "image", "system", "template")


def verbs(program):
    """(verb, whether it is a group) as the help text lists them."""
    help_text = program.out("--help")
    listed = re.findall(r"^  ([a-z]+)  +[A-Z]", help_text, re.MULTILINE)
    found = [verb for verb in listed if f"\n  {verb}" in help_text]
    expect(len(found) > 15 and "run" in found and "container" in found, f"help lists {found}")
    return found


def complete(program, *words):
    script = ('source <("$0" completion bash); bulkhead() { :; }; COMP_WORDS=("$0" "$@"); COMP_CWORD=$#; _bulkhead; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    result = subprocess.run(["bash", "-c", script, program.path, "--root", program.root, *words], capture_output=True,
                            check=False)
    expect(result.returncode == 0 and result.stderr == b"", f"bash: {result.stderr!r}")
    return result.stdout.decode().split()


def complete_in_fish(program, line):
    """What fish offers after `bulkhead --root ... LINE`; the program is found by its name there."""
    directory, name = os.path.split(program.path)
    script = "source $argv[1]; complete -C $argv[2]"
    path = program.file("completion.fish")
    with open(path, "w", encoding="utf-8") as file:
        file.write(program.out("completion", "fish"))
    environment = dict(os.environ, PATH=f"{directory}:{os.environ['PATH']}")
    result = subprocess.run(["fish", "-c", script, path, f"{name} --root {program.root} {line}"], capture_output=True,
                            check=False, env=environment)
    expect(result.returncode == 0, f"fish: {result.stderr!r}")
    return [offer.split("\t")[0] for offer in result.stdout.decode().splitlines()]


def completing(program):
    program.image("app")
    program.out("create", "--name", "web", "app")
    every = verbs(program)
    expect(complete(program, "") == every, f"offered {complete(program, '')}, there are {every}")
    expect(complete(program, "inf") == ["info"], "a verb")
    expect(complete(program, "rm", "-f", "") == ["web"], "a container")
    expect(complete(program, "rmi", "a") == ["app", "app:latest"], "an image")
    expect(complete(program, "rmi", "app:") == ["latest"], "behind a colon")
    expect(complete(program, "container", "ls", "--no") == ["--no-trunc"], "a flag")
    expect(complete(program, "run", "--rm", "--name", "x", "ap") == ["app", "app:latest"], "run's image")
    expect(complete(program, "run", "app", "we") == [], "the container's words are not ours")
    # Every verb tells its flags: none does its work instead.
    for verb in every:
        if verb not in GROUPS:
            expect("--help" in complete(program, verb, "--"), f"{verb} has no flags")
    for shell in ("bash", "zsh", "fish"):
        expect("__complete" in program.out("completion", shell), shell)
    expect("there is bash, zsh and fish" in program.error("completion", "tcsh"), "another shell")
    subprocess.run(["zsh", "-n"], input=program.out("completion", "zsh").encode(), check=True)
    expect(complete_in_fish(program, "rm -f ") == ["web"], "a container, in fish")
    expect("--no-trunc" in complete_in_fish(program, "container ls --no"), "a flag, in fish")


def manual(program):
    page = program.out("man")
    for verb in verbs(program):
        heading = f".B {verb}" if verb in GROUPS else f".SS {verb}"
        expect(f"\n{heading}\n" in page, f"{verb} is not in the manual")
    for verb in ("container prune", "image prune", "system df", "template build"):
        expect(f"\n.SS {verb}\n" in page, f"{verb} is not in the manual")
    expect("not implemented" not in page.lower() and "TO" + "DO" not in page and "\\fB\\-\\-publish" not in page, "the manual promises too much")
    path = program.file("bulkhead.1")
    with open(path, "w", encoding="utf-8") as file:
        file.write(page)
    result = subprocess.run(["groff", "-man", "-ww", "-Tutf8", path], capture_output=True, check=False)
    expect(result.returncode == 0 and result.stderr == b"", f"groff: {result.stderr!r}")
    expect(b"--stop-timeout" in re.sub(rb"\x1b\[[0-9;]*m", b"", result.stdout), "a flag is not shown as typed")


def groups(program):
    expect("Manage containers" in program.out("container") == program.out("container", "--help"), "a group's help")
    for group, wrong, right in (("container", "sl", "ls"), ("image", "histroy", "history"), ("system", "dff", "df")):
        message = program.error(group, wrong)
        expect(f"'{wrong}' is not a bulkhead {group} command. Did you mean '{right}'?" in message, message)
    expect("Did you mean 'container'?" in program.error("contaner"), "a group's name")
    expect("did you mean --no-trunc?" in program.error("container", "ls", "--no-trunk"), "a flag in a group")
    expect(program.out("container", "list") == program.out("ps") and program.out("image", "list") == program.out("images"),
           "the other names")
    expect("Also: bulkhead container ls" in program.out("ps", "--help") == program.out("help", "ps"), "help says so")
