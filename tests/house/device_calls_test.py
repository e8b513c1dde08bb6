import unittest

from device_calls import violations_of


class DeviceCalls(unittest.TestCase):
    def found(self, text, path="kernels/cuda/close.cu"):
        return len(list(violations_of(path, text)))

    def test_each_way_around_the_runtime_is_found(self):
        for text in (
            "cudaDeviceSynchronize();",
            "cudaMemcpy(a, b, 4, cudaMemcpyDeviceToHost);",
            "cudaMemset(a, 0, 4);",
            "cudaMalloc(&a, 4);",
            "cudaFreeHost(a);",
            "kernel<<<1, 32>>>(a);",
            "f(cudaStreamPerThread);",
            "#include <thrust/sort.h>",
        ):
            self.assertEqual(self.found(text), 1, text)

    def test_the_runtime_and_comments_may_name_them(self):
        self.assertEqual(self.found("cudaMalloc(&a, 4);", "kernels/cuda/runtime.cpp"), 0)
        self.assertEqual(self.found("// cudaDeviceSynchronize()\ncudaMemcpyAsync(a, b, 4, k, s);"), 0)


if __name__ == "__main__":
    unittest.main()
