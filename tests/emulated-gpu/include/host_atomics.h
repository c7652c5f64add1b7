// Atomic operations. Only one thread runs at a time and none is interrupted.
#pragma once

template <class T> T atomicExch(T *address, T value) {
    const T old = *address;
    *address = value;
    return old;
}
template <class T, class U> T atomicAdd(T *address, U value) { return atomicExch(address, T(*address + T(value))); }
template <class T, class U> T atomicSub(T *address, U value) { return atomicExch(address, T(*address - T(value))); }
template <class T, class U> T atomicMax(T *address, U value) { return atomicExch(address, *address < T(value) ? T(value) : *address); }
template <class T, class U> T atomicMin(T *address, U value) { return atomicExch(address, T(value) < *address ? T(value) : *address); }
template <class T, class U> T atomicOr(T *address, U value) { return atomicExch(address, T(*address | T(value))); }
template <class T, class U> T atomicAnd(T *address, U value) { return atomicExch(address, T(*address & T(value))); }
template <class T> T atomicCAS(T *address, T expected, T value) {
    return *address == expected ? atomicExch(address, value) : *address;
}
inline unsigned atomicInc(unsigned *address, unsigned most) {
    return atomicExch(address, *address >= most ? 0u : *address + 1);
}
inline void __threadfence() {}
inline void __threadfence_block() {}
inline void __threadfence_system() {}
