// The kernels that were compiled for the CPU, by name.
#pragma once

#include <cstddef>
#include <cstring>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace emulated {

struct Kernel {
    std::string name;
    std::vector<size_t> argument_sizes;
    // What one thread does, given pointers to the arguments.
    void (*run)(void **arguments);
    int dynamic_shared_limit = 48 << 10;
};

#pragma GCC visibility push(default)
std::map<std::string, Kernel> &kernels();
#pragma GCC visibility pop

template <auto function> struct Entry;

template <class... A, void (*function)(A...)> struct Entry<function> {
    template <size_t... I> static void call(void **arguments, std::index_sequence<I...>) {
        function(*static_cast<std::remove_const_t<A> *>(arguments[I])...);
    }
    static void run(void **arguments) { call(arguments, std::index_sequence_for<A...>()); }

    explicit Entry(const char *name) {
        Kernel kernel;
        kernel.name = name;
        kernel.argument_sizes = {sizeof(A)...};
        kernel.run = run;
        kernels()[name] = kernel;
    }
};

} // namespace emulated
