"""Stands in for the `docker` command: reads its arguments as strictly as Docker, records them, and
runs what an image would run as processes of this machine."""

import csv
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

HOME = os.environ["PODSLATE_TEST_DOCKER"]
PODSLATE = os.environ["PODSLATE_TEST_PROGRAM"]
PYTHON = sys.executable


def fail(text, code=1):
    print(text, file=sys.stderr)
    sys.exit(code)


def path(name):
    return os.path.join(HOME, name + ".json")


def load(name):
    try:
        with open(path(name)) as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def save(container):
    with open(path(container["name"]) + ".new", "w") as file:
        json.dump(container, file)
    os.rename(path(container["name"]) + ".new", path(container["name"]))


def all_containers():
    names = sorted(name[:-5] for name in os.listdir(HOME) if name.endswith(".json"))
    return [load(name) for name in names]


def alive(container):
    if not container.get("pid"):
        return False
    try:
        with open(f"/proc/{container['pid']}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def status(container):
    if alive(container):
        return "running"
    return "exited" if container.get("pid") else "created"


def read_run(words):
    container = {"env": {}, "port": None, "mount": None, "gpus": None}
    detached = False
    words = list(words)
    while words and words[0].startswith("-"):
        flag = words.pop(0)
        if flag in ("-d", "--detach"):
            detached = True
        elif flag == "--name":
            container["name"] = words.pop(0)
        elif flag in ("-e", "--env"):
            name, equals, value = words.pop(0).partition("=")
            if equals:
                container["env"][name] = value
            elif name in os.environ:
                container["env"][name] = os.environ[name]
        elif flag in ("-p", "--publish"):
            match = re.fullmatch(r"127\.0\.0\.1:(\d*):8080", words.pop(0))
            if not match:
                fail("docker: invalid publish opts format", 125)
            container["port"] = int(match.group(1) or 0)
        elif flag == "--gpus":
            container["gpus"] = words.pop(0)
        elif flag == "--mount":
            fields = next(csv.reader([words.pop(0)], strict=True))
            container["mount"] = dict(field.split("=", 1) for field in fields)
        else:
            fail(f"unknown flag: {flag}\nSee 'docker run --help'.", 125)
    if not detached or not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+", container.get("name", "")):
        fail("docker: invalid use", 125)
    if len(words) != 1:
        fail("'docker run' requires one image", 125)
    container["image"] = words[0]
    return container


def run(words):
    container = read_run(words)
    if load(container["name"]):
        fail(
            "docker: Error response from daemon: Conflict. The container name "
            f"\"/{container['name']}\" is already in use by container \"0123\". You have to remove "
            "(or rename) that container to be able to reuse that name.",
            125,
        )
    if container["image"] == "missing":
        fail("Unable to find image 'missing:latest' locally\ndocker: pull access denied", 125)
    mount = container["mount"]
    if set(mount) != {"type", "source", "target"} or mount["type"] != "bind":
        fail("docker: invalid argument for --mount", 125)
    is_windows = re.match(r"[A-Za-z]:\\", mount["source"])
    if not is_windows and not os.path.isdir(mount["source"]):
        fail(f"docker: bind source path does not exist: {mount['source']}", 125)
    save(container)
    if container["image"] == "busy-port":
        fail("docker: Error response from daemon: port is already allocated", 125)
    start(container)
    print("0123456789abcdef")


def start(container):
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment.update(container["env"])
    container.pop("address", None)
    log = open(path(container["name"])[:-5] + ".log", "ab")
    if container["image"] == "crash":
        token = container["env"].get("PODSLATE_TOKEN", "")
        script = f"echo one; echo the pipeline broke with {token} >&2; exit 3"
        command = ["sh", "-c", script]
    elif container["image"] == "deaf":
        command = ["sleep", "600"]
        container["address"] = 9
    else:
        # Start like the image: the project of the environment, then the service.
        workspace = container["mount"]["source"]
        if re.match(r"[A-Za-z]:\\", workspace):
            workspace = os.path.join(HOME, "windows")
        name = container["env"].get("PROJECT_NAME")
        exists = name and os.path.isdir(os.path.join(workspace, name))
        if name and container["image"] != "plain" and not exists:
            make = [PODSLATE, "new", name, "--via", "local", "--workspace", workspace]
            subprocess.run(make, env=environment, stdout=log, stderr=log, check=True, cwd=HOME)
        serve = [PODSLATE, "serve", "--port", str(container["port"] or 0), "--workspace", workspace]
        command = serve
        if container["image"] == "slow":
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                container["address"] = free.getsockname()[1]
            serve[3] = str(container["address"])
            # The service starts after the pod was inspected more than twice.
            script = 'while [ ! -e "$0" ]; do sleep 0.05; done; exec "$@"'
            command = ["sh", "-c", script, path(container["name"])[:-5] + ".ready", *serve]
    mark = log.tell()
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=HOME,
        start_new_session=True,
    )
    container["pid"] = process.pid
    while "address" not in container and container["image"] not in ("crash",):
        with open(log.name, "rb") as file:
            file.seek(mark)
            found = re.search(rb"http://127\.0\.0\.1:(\d+)/", file.read())
        if found:
            container["address"] = int(found.group(1))
        elif process.poll() is not None:
            break
        time.sleep(0.01)
    if container["image"] == "crash":
        process.wait()
    save(container)


def inspect(words):
    if words[:2] != ["--type", "container"] or len(words) != 3:
        fail("unknown flag", 125)
    container = load(words[2])
    if not container:
        print("[]")
        fail(f"Error response from daemon: No such container: {words[2]}")
    container["looks"] = container.get("looks", 0) + 1
    if status(container) == "running":
        save(container)
    if container["looks"] > 2:
        open(path(container["name"])[:-5] + ".ready", "w").close()
    ports = {"8080/tcp": None}
    if status(container) == "running" and "address" in container:
        ports["8080/tcp"] = [{"HostIp": "127.0.0.1", "HostPort": str(container["address"])}]
    code = 3 if container["image"] == "crash" else 0
    state = {"Status": status(container), "ExitCode": code, "Error": ""}
    answer = {"Name": "/" + container["name"], "State": state, "NetworkSettings": {"Ports": ports}}
    print(json.dumps([answer]))


def main(words):
    with open(os.path.join(HOME, "calls"), "a") as file:
        file.write(json.dumps(words) + "\n")
    command, rest = words[0], words[1:]
    if os.path.exists(os.path.join(HOME, "no-daemon")):
        fail("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker "
             "daemon running?")
    if command == "run":
        run(rest)
    elif command == "inspect":
        inspect(rest)
    elif command == "ps":
        if rest[:2] != ["--all", "--filter"] or rest[3:] != ["--format", "{{.Names}}"]:
            fail("unknown flag", 125)
        pattern = rest[2].removeprefix("name=")
        for container in all_containers():
            if re.search(pattern, "/" + container["name"]) or re.search(pattern, container["name"]):
                print(container["name"])
    elif command == "logs" and rest[0] == "--tail":
        with open(path(rest[2])[:-5] + ".log", errors="replace") as file:
            sys.stdout.writelines(file.readlines()[-int(rest[1]):])
    elif command == "start" and load(rest[0]):
        start(load(rest[0]))
        print(rest[0])
    elif command == "rm" and load(rest[0]) and status(load(rest[0])) != "running":
        os.remove(path(rest[0]))
    elif command == "stop" and load(rest[0]):
        container = load(rest[0])
        if alive(container):
            os.killpg(container["pid"], signal.SIGTERM)
        while alive(container):
            time.sleep(0.01)
    else:
        fail(f"docker: '{command}' is unknown", 125)


main(sys.argv[1:])
