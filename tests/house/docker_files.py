"""Checks docker/: the compose files against what the compose specification says of the keys that they use, and the
Dockerfiles against our own rules. No Docker engine is needed; building and running them is a matter of its own."""

import json
import os
import re
import sys

import jsonschema
import yaml

FORBIDDEN_TAGS = ("latest", "")


def load_yaml(path):
    with open(path, encoding="utf-8") as text:
        return yaml.safe_load(text)


def image_problems(where, image):
    """An image is named with a tag, so that tomorrow's build is today's."""
    tag = image.rpartition("/")[2].partition(":")[2]
    if tag in FORBIDDEN_TAGS:
        yield f"{where}: image {image} has no fixed tag"


def compose_problems(docker, name):
    document = load_yaml(os.path.join(docker, name))
    with open(os.path.join(os.path.dirname(__file__), "compose.schema.json"), encoding="utf-8") as text:
        schema = json.load(text)
    for error in jsonschema.Draft7Validator(schema).iter_errors(document):
        yield f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message}"
    services = document.get("services", {})
    for service, body in services.items():
        if "image" in body:
            yield from image_problems(f"{name}: {service}", body["image"])
        for other in body.get("depends_on", {}):
            if other not in services:
                yield f"{name}: {service} depends on {other}, which is no service"
            elif body["depends_on"][other]["condition"] == "service_healthy" and "healthcheck" not in services[other]:
                yield f"{name}: {service} waits for the health of {other}, which has no health check"
        for volume in body.get("volumes", []):
            if not os.path.exists(os.path.join(docker, volume.split(":")[0])):
                yield f"{name}: {service} mounts {volume.split(':')[0]}, which is not there"
        if "build" in body:
            dockerfile = os.path.join(docker, body["build"]["context"], body["build"]["dockerfile"])
            if not os.path.exists(dockerfile):
                yield f"{name}: {service} is built from {dockerfile}, which is not there"


def instructions_of(path):
    """(instruction, arguments) of a Dockerfile, with continued lines joined."""
    with open(path, encoding="utf-8") as text:
        joined = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text.read(), flags=re.MULTILINE))
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def dockerfile_problems(root, path):
    name = os.path.basename(path)
    instructions = instructions_of(path)
    arguments = dict(rest.partition("=")[::2] for word, rest in instructions if word == "ARG")
    stages = [i for i, (word, _) in enumerate(instructions) if word == "FROM"]
    if len(stages) < 2:
        yield f"{name}: has one stage, so that the compilers are shipped too"
    for i in stages:
        image = re.sub(r"\$\{(\w+)\}", lambda match: arguments[match.group(1)], instructions[i][1].split()[0])
        yield from image_problems(name, image)
    last = instructions[stages[-1] :]
    users = [rest for word, rest in last if word == "USER"]
    if not users or users[-1].split(":")[0] in ("root", "0"):
        yield f"{name}: runs as root"
    if not any(word in ("ENTRYPOINT", "CMD") for word, _ in last):
        yield f"{name}: starts nothing"
    for stage, end in zip(stages, stages[1:] + [len(instructions)]):
        if not any(word == "RUN" and ".ci/setup" in rest for word, rest in instructions[stage:end]):
            yield f"{name}: a stage installs its packages past .ci/setup"
    for word, rest in instructions:
        if word == "RUN" and re.search(r"\bapt(-get)?\s+install\b", rest):
            yield f"{name}: installs packages past .ci/setup"
        if word == "ADD":
            yield f"{name}: ADD {rest}: COPY says what it does"
        if word == "COPY" and "--from=" not in rest:
            for source in rest.split()[:-1]:
                if not os.path.exists(os.path.join(root, source)):
                    yield f"{name}: copies {source}, which is not there"


def check(root):
    docker = os.path.join(root, "docker")
    found = []
    for name in sorted(os.listdir(docker)):
        if re.fullmatch(r"compose.*\.yaml", name):
            found += compose_problems(docker, name)
        elif name.startswith("Dockerfile"):
            found += dockerfile_problems(root, os.path.join(docker, name))
    return found


if __name__ == "__main__":
    problems = check(sys.argv[1])
    print("\n".join(problems) or "docker: in order")
    sys.exit(1 if problems else 0)
