// The words of a random stream, as src/random.rs describes them ("The mapping").
#pragma once

typedef unsigned long long u64;

// Words 2j and 2j+1.
struct Words {
    u64 first, second;
};

// One round of Philox4x32 (Salmon et al. 2011) over counter[0..4].
__device__ __forceinline__ void philox_round(unsigned *counter, unsigned low, unsigned high) {
    const u64 first = u64(counter[0]) * 0xD2511F53u;
    const u64 second = u64(counter[2]) * 0xCD9E8D57u;
    counter[0] = unsigned(second >> 32) ^ counter[1] ^ low;
    counter[1] = unsigned(second);
    counter[2] = unsigned(first >> 32) ^ counter[3] ^ high;
    counter[3] = unsigned(first);
}

// Block j of the stream addressed by `key` and `lane`.
__device__ __forceinline__ Words random_words(u64 key, u64 lane, u64 j) {
    unsigned counter[4] = {unsigned(j), unsigned(j >> 32), unsigned(lane), unsigned(lane >> 32)};
    unsigned low = unsigned(key), high = unsigned(key >> 32);
#pragma unroll
    for (int round = 0; round < 10; round++) {
        philox_round(counter, low, high);
        low += 0x9E3779B9u;
        high += 0xBB67AE85u;
    }
    return {counter[0] | u64(counter[1]) << 32, counter[2] | u64(counter[3]) << 32};
}

// A word as a number in [0, 1), a multiple of 2^-53.
__device__ __forceinline__ double unit(u64 word) { return double(word >> 11) * 0x1p-53; }
