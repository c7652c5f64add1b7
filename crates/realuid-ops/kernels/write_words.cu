// Words that travel as parameters of the kernel: no copy from the host's memory, which a captured
// graph would repeat from wherever that memory was.

// With the other parameters below the 4 KB that every driver takes; as in src/cuda/tensor_table.rs.
struct Words {
    unsigned long long values[480];
};

extern "C" __global__ void write_words(const Words words, unsigned long long *out, unsigned count) {
    for (unsigned i = threadIdx.x; i < count; i += blockDim.x)
        out[i] = words.values[i];
}
