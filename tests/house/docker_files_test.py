import os
import tempfile
import unittest

from docker_files import check

GOOD = """ARG IMAGE=debian:bookworm
FROM ${IMAGE} AS build
RUN .ci/setup --build
FROM debian:bookworm-slim
RUN .ci/setup --runtime
USER 10001
ENTRYPOINT ["sluice"]
"""


class DockerFiles(unittest.TestCase):
    def check_docker(self, files):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "docker"))
            for name, text in files.items():
                with open(os.path.join(root, "docker", name), "w", encoding="utf-8") as file:
                    file.write(text)
            return check(root)

    def test_an_image_that_keeps_the_rules_passes(self):
        self.assertEqual(self.check_docker({"Dockerfile": GOOD}), [])

    def test_running_as_root_is_named(self):
        self.assertEqual(
            self.check_docker({"Dockerfile": GOOD.replace("USER 10001\n", "")}), ["Dockerfile: runs as root"]
        )

    def test_packages_go_through_the_set_up_script(self):
        found = self.check_docker({"Dockerfile": GOOD.replace(".ci/setup --runtime", "apt-get install -y curl")})
        self.assertEqual(len(found), 2)

    def test_an_image_without_a_tag_is_named(self):
        self.assertEqual(len(self.check_docker({"Dockerfile": GOOD.replace("debian:bookworm-slim", "debian")})), 1)

    def test_compose_keys_are_held_to_the_schema(self):
        found = self.check_docker({"compose.yaml": "services: {kafka: {image: 'kafka:1', retsart: always}}\n"})
        self.assertEqual(len(found), 1)
        self.assertIn("retsart", found[0])

    def test_a_dependency_must_be_a_service(self):
        found = self.check_docker(
            {"compose.yaml": "services: {a: {image: 'a:1', depends_on: {b: {condition: service_started}}}}\n"}
        )
        self.assertEqual(found, ["compose.yaml: a depends on b, which is no service"])

    def test_what_is_mounted_must_exist(self):
        found = self.check_docker({"compose.yaml": "services: {a: {image: 'a:1', volumes: ['./x.yml:/x.yml:ro']}}\n"})
        self.assertEqual(found, ["compose.yaml: a mounts ./x.yml, which is not there"])


if __name__ == "__main__":
    unittest.main()
