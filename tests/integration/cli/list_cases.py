"""ps, images, history and inspect: filters and formats."""

import json

from support import expect


def lists(program):
    image = program.image("app", labels={"maker": "us"})
    program.image("example.com/team/tool", files=("tool",), created="2020-01-01T00:00:00Z")
    ids = {name: program.out("create", "--name", name, *flags, "app", "word", "with space").strip()
           for name, flags in (("old", ()), ("web", ("-l", "tier=front", "-l", "app=shop")), ("new", ("-l", "tier=back")))}

    def names(*words):
        return program.out("ps", "-a", "--format", "{{.Names}}", *words).split()

    expect(names() == ["new", "web", "old"], "newest first")
    for filters, found in (
            (("name=we",), ["web"]), (("name=^/?o",), ["old"]), (("name=we", "name=old"), ["web", "old"]),
            (("id=" + ids["old"][:10],), ["old"]), (("label=tier",), ["new", "web"]), (("label=tier=back",), ["new"]),
            (("label=tier", "label=app"), ["web"]), (("name=web", "label=tier=back"), []),
            (("status=created",), ["new", "web", "old"]), (("status=running",), []), (("exited=0",), []),
            (("ancestor=app",), ["new", "web", "old"]), (("ancestor=" + image,), ["new", "web", "old"]),
            (("ancestor=nowhere",), []), (("before=web",), ["old"]), (("since=web",), ["new"]), (("health=none",), ["new", "web", "old"])):
        words = [word for each in filters for word in ("--filter", each)]
        expect(names(*words) == found, f"{filters}: {names(*words)}")
    for wrong in ("nmae=x", "status=asleep", "exited=x", "before=nowhere", "name"):
        program.error("ps", "--filter", wrong)
    expect(program.out("ps") == "CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS    PORTS     NAMES\n", "none runs")
    expect(names("-n", "2") == ["new", "web"] and names("-l") == ["new"], "-n and -l")
    expect(program.out("ps", "-lq", "--no-trunc") == ids["new"] + "\n", "-q --no-trunc")
    expect(program.out("ps", "-q", "--filter", "status=created").count("\n") == 3, "a status is about all")
    row = json.loads(program.out("ps", "-a", "--filter", "name=web", "--no-trunc", "--format", "json"))
    expect(row["Labels"] == "app=shop,maker=us,tier=front" and row["State"] == "created" and row["ID"] == ids["web"] and
           row["Command"] == '"word with space"', f"{row}")
    table = program.out("ps", "-a", "--format", 'table {{.Names}}\\t{{.Label "tier"}}')
    expect(table == "NAMES     TIER\nnew       back\nweb       front\nold       \n", table)
    expect('"Nmaes"' in program.error("ps", "-a", "--format", "{{.Nmaes}}"), "an unknown field")
    expect("SIZE" in program.out("ps", "-as") and "virtual" in program.out("ps", "-as"), "-s")

    def repositories(*words):
        return program.out("images", "--format", "{{.Repository}}:{{.Tag}}", *words).split()

    expect(repositories() == ["app:latest", "example.com/team/tool:latest"], f"{repositories()}")
    for words, found in ((("app",), ["app:latest"]), (("ap*",), ["app:latest"]), (("nowhere",), []),
                         (("--filter", "reference=*/*/tool"), ["example.com/team/tool:latest"]),
                         (("--filter", "label=maker=us"), ["app:latest"]), (("--filter", "dangling=true"), []),
                         (("--filter", "before=app"), ["example.com/team/tool:latest"]),
                         (("--filter", "since=example.com/team/tool"), ["app:latest"]),
                         (("--filter", "until=2021-01-01"), ["example.com/team/tool:latest"])):
        expect(repositories(*words) == found, f"{words}: {repositories(*words)}")
    expect("DIGEST" in program.out("images", "--digests") and "sha256:" in program.out("images", "--digests"), "--digests")
    expect(program.out("images", "-q", "--no-trunc", "app") == image + "\n", "-q --no-trunc")


def inspecting(program):
    image = program.image("app", files=("base", "top"), labels={"maker": "us"})
    container = program.out("create", "--name", "web", "-l", "a.b=c", "-e", "B=2", "app").strip()
    expect(program.out("inspect", "-f", "{{.Id}} {{.Name}} {{.State.Status}} {{index .Config.Labels \"a.b\"}}", "web") ==
           f"{container} /web created c\n", "a container in a template")
    found = json.loads(program.out("inspect", "web", "app"))
    expect([each["Id"] for each in found] == [container, image], "containers and images in one list")
    expect(found[0]["Image"] == image and found[0]["Path"] == "/hello", f"{found[0]}")
    expect(found[1]["RepoTags"] == ["app:latest"] and found[1]["Author"] == "somebody" and
           len(found[1]["RootFS"]["Layers"]) == 2 and found[1]["Config"]["Env"] == ["A=1"], f"{found[1]}")
    expect("SizeRw" in program.out("container", "inspect", "--size", "web"), "--size")
    expect("No such container: app" in program.error("inspect", "--type", "container", "app"), "--type container")
    expect("No such image: web" in program.error("image", "inspect", "web"), "image inspect")
    result = program.call("inspect", "web", "nowhere")
    expect(result.returncode == 1 and b"No such object: nowhere" in result.stderr and
           json.loads(result.stdout)[0]["Id"] == container, f"{result}")
    expect(json.loads(program.out("inspect", "-f", "json", "web"))[0]["Id"] == container, "-f json")
    expect("\"Stat\"" in program.error("inspect", "-f", "{{.Stat}}", "web"), "an unknown field")
    rows = [json.loads(line) for line in program.out("history", "--format", "json", "app").splitlines()]
    expect([row["CreatedBy"] for row in rows] == ["CMD hello", "COPY top /", "COPY base /"], f"{rows}")
    expect(rows[0]["Size"] == "0B" and rows[1]["Size"] != "0B" and rows[0]["ID"] == image[7:19] and
           rows[1]["ID"] == "<missing>", f"{rows}")
    expect(program.out("history", "-q", "--no-trunc", "app").splitlines()[0] == image, "history -q")
    expect("2024-05-01T10:00:00Z" in program.out("history", "--human=false", "app"), "history --human=false")
