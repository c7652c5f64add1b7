// Several neighbouring elements, moved by one access.
#pragma once

template <typename T, int N> struct alignas(sizeof(T) * N) Pack {
    T values[N];
};

// `index` counts packs; the pack must be aligned to its size.
template <int N, typename T>
__device__ __forceinline__ Pack<T, N> load_pack(const T *from, unsigned index) {
    return reinterpret_cast<const Pack<T, N> *>(from)[index];
}
template <int N, typename T>
__device__ __forceinline__ void store_pack(T *to, unsigned index, Pack<T, N> pack) {
    reinterpret_cast<Pack<T, N> *>(to)[index] = pack;
}

// As many elements as 16 bytes hold, the widest access there is.
template <typename T> constexpr int WIDEST = 16 / sizeof(T);

// Whether packs of N elements can be read from there.
template <int N, typename T> __device__ __forceinline__ bool is_aligned(const T *from) {
    return reinterpret_cast<unsigned long long>(from) % (sizeof(T) * N) == 0;
}
