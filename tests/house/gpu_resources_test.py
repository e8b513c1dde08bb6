"""bench/gpu/resources.py: reads what the assembler says. Argument: its path."""

import importlib.util
import sys
import unittest

SCRIPT = None
REPORT = """ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function '_ZN6sluice4cuda6a_kernEi' for 'sm_90'
ptxas info    : Function properties for _ZN6sluice4cuda6a_kernEi
    16 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 40 registers, used 1 barriers, 2048 bytes smem, 400 bytes cmem[0]
ptxas info    : Compile time = 5.192 ms
ptxas info    : Compiling entry function '_ZN6sluice4cuda6b_kernIiEEvT_' for 'sm_90'
ptxas info    : Function properties for _ZN6sluice4cuda6b_kernIiEEvT_
    0 bytes stack frame, 8 bytes spill stores, 12 bytes spill loads
ptxas info    : Used 255 registers, used 0 barriers
"""
PTX = """.visible .entry _ZN6sluice4cuda6a_kernEi(
\t.param .u32 _ZN6sluice4cuda6a_kernEi_param_0
)
.maxntid 512, 1, 1
{
\tret;
}
.visible .entry _ZN6sluice4cuda6b_kernIiEEvT_(
\t.param .u32 _ZN6sluice4cuda6b_kernIiEEvT__param_0
)
{
\tret;
}
"""


class Resources(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        spec = importlib.util.spec_from_file_location("resources", SCRIPT)
        cls.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(cls.module)

    def kernel(self, threads, registers, shared=0):
        kernel = self.module.Kernel("k", "k.cu")
        kernel.threads, kernel.registers, kernel.shared = threads, registers, shared
        return kernel

    def test_every_kernel_is_read_with_its_own_figures(self):
        first, second = self.module.kernels_in(REPORT, "x.cu").values()
        self.assertEqual((first.registers, first.shared, first.stack, first.spills()), (40, 2048, 16, False))
        self.assertEqual((second.registers, second.shared, second.spill_stores, second.spill_loads), (255, 0, 8, 12))
        self.assertTrue(second.spills())

    def test_launch_bounds_are_read_where_they_are(self):
        self.assertEqual(self.module.launch_bounds_in(PTX), {"_ZN6sluice4cuda6a_kernEi": 512})

    def test_names_lose_namespaces_and_arguments(self):
        self.assertEqual(
            self.module.demangled(["_ZN6sluice4cuda6a_kernEi", "_ZN6sluice4cuda6b_kernIiEEvT_"]), ["a_kern", "b_kern<int>"]
        )

    def test_a_block_of_a_page_is_replaced_and_nothing_else(self):
        page = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n"
        self.assertEqual(self.module.replaced(page, "x", "new\n"), "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n")
        with self.assertRaises(ValueError):
            self.module.replaced(page, "y", "new")

    def test_occupancy_is_limited_by_warps_registers_shared_memory_or_blocks(self):
        self.assertEqual(self.kernel(256, 32).blocks(), 8)
        self.assertEqual(self.kernel(256, 40).blocks(), 6)
        self.assertEqual(self.kernel(256, 255).blocks(), 1)
        self.assertEqual(self.kernel(1024, 32).blocks(), 2)
        self.assertEqual(self.kernel(256, 32, 100 * 1024).blocks(), 2)
        self.assertEqual(self.kernel(32, 16).blocks(), 32)
        self.assertAlmostEqual(self.kernel(256, 40).occupancy(), 0.75)


if __name__ == "__main__":
    SCRIPT = sys.argv.pop()
    sys.dont_write_bytecode = True
    unittest.main()
