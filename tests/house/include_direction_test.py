import os
import tempfile
import unittest

from include_direction import check


class IncludeDirection(unittest.TestCase):
    def check_tree(self, files):
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as source:
                    source.write(text)
            return check(root)

    def test_downward_includes_are_in_order(self):
        tree = {
            "kernels/types.hpp": "#include <vector>\n",
            "ingest/batch.hpp": '#include "kernels/types.hpp"\n',
            "host/engine.hpp": '#include "ingest/batch.hpp"\n',
            "tests/host/engine_test.cpp": '#include "host/engine.hpp"\n',
        }
        self.assertEqual(self.check_tree(tree), [])

    def test_an_upward_include_is_named(self):
        tree = {"host/engine.hpp": "", "ingest/batch.hpp": '#include "host/engine.hpp"\n'}
        self.assertEqual(self.check_tree(tree), ['ingest/batch.hpp: must not include "host/engine.hpp"'])

    def test_only_the_factory_sees_the_backends(self):
        tree = {
            "kernels/cuda/stream.hpp": "",
            "kernels/make_backend.cpp": '#include "kernels/cuda/stream.hpp"\n',
            "kernels/pane.cpp": '#include "kernels/cuda/stream.hpp"\n',
        }
        self.assertEqual(self.check_tree(tree), ['kernels/pane.cpp: must not include "kernels/cuda/stream.hpp"'])

    def test_nobody_includes_tests(self):
        tree = {"tests/support/sink.hpp": "", "host/engine.cpp": '#include "tests/support/sink.hpp"\n'}
        self.assertEqual(len(self.check_tree(tree)), 1)

    def test_includes_are_rooted(self):
        tree = {"host/engine.hpp": "", "host/engine.cpp": '#include "engine.hpp"\n'}
        self.assertEqual(len(self.check_tree(tree)), 1)

    def test_the_oracle_stands_alone_even_indirectly(self):
        tree = {
            "kernels/types.hpp": "",
            "tests/support/job.hpp": '#include "kernels/types.hpp"\n',
            "tests/support/oracle.hpp": '#include "tests/support/job.hpp"\n',
        }
        self.assertEqual(
            self.check_tree(tree), ['tests/support/job.hpp: the oracle must not include "kernels/types.hpp"']
        )

    def test_librdkafka_stays_behind_the_kafka_source(self):
        tree = {
            "ingest/kafka/source.hpp": "#include <librdkafka/rdkafka.h>\n",
            "ingest/source.hpp": "#include <librdkafka/rdkafka.h>\n",
        }
        self.assertEqual(len(self.check_tree(tree)), 1)


if __name__ == "__main__":
    unittest.main()
