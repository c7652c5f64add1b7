// Barriers, and exchanges between the lanes of a warp.
#pragma once

#include <cstring>

inline void __syncthreads() { emulated::barrier(); }
inline void __syncwarp(unsigned mask = 0xffffffff) { emulated::exchange(mask, {}); }

namespace emulated {

template <class T> T value_in(const Slot &slot) {
    T value;
    std::memcpy(&value, slot.bytes, sizeof value);
    return value;
}

template <class T> const Slot *give(unsigned mask, T value) {
    static_assert(sizeof(T) <= sizeof(Slot::bytes));
    Slot slot;
    std::memcpy(slot.bytes, &value, sizeof value);
    return exchange(mask, slot);
}

// The value of lane `source` of the segment of `width` lanes; its own where there is no such lane.
template <class T> T value_of(unsigned mask, T value, int source, int width) {
    const int first = int(lane()) / width * width;
    const Slot *slots = give(mask, value);
    return source < first || source >= first + width ? value : value_in<T>(slots[source]);
}

} // namespace emulated

template <class T> T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
    const int lane = emulated::lane();
    return emulated::value_of(mask, value, lane / width * width + source % width, width);
}
template <class T> T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32) {
    return emulated::value_of(mask, value, int(emulated::lane()) ^ bits, width);
}
template <class T> T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32) {
    return emulated::value_of(mask, value, int(emulated::lane() + delta), width);
}
template <class T> T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32) {
    return emulated::value_of(mask, value, int(emulated::lane()) - int(delta), width);
}

inline unsigned __ballot_sync(unsigned mask, int predicate) {
    const emulated::Slot *slots = emulated::give(mask, predicate);
    unsigned votes = 0;
    for (unsigned lane = 0; lane < 32; lane++)
        if (mask >> lane & 1 && emulated::value_in<int>(slots[lane])) votes |= 1u << lane;
    return votes;
}
inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
inline int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) == mask; }
inline unsigned __activemask() { return 0xffffffff; }

inline int __syncthreads_or(int predicate) {
    static int any;
    __syncthreads();
    any = 0;
    __syncthreads();
    any |= predicate != 0;
    __syncthreads();
    return any;
}
