// Kernels: found by name, launched.
#include "device.h"
#include "kernels.h"
#include "threads.h"

#include <cstdio>
#include <dlfcn.h>
#include <filesystem>
#include <cstdlib>
#include <memory>

using emulated::Kernel;

std::map<std::string, Kernel> &emulated::kernels() {
    static std::map<std::string, Kernel> all;
    return all;
}

namespace {

// Sources of kernels may use one name for different functions, as on the device, where each is a
// module of its own: so each is a library of its own here, in the folder `kernels` beside this one.
__attribute__((constructor)) void load_kernels() {
    Dl_info own;
    dladdr(reinterpret_cast<void *>(&load_kernels), &own);
    const auto folder = std::filesystem::path(own.dli_fname).parent_path() / "kernels";
    for (const auto &library : std::filesystem::directory_iterator(folder))
        if (library.path().extension() == ".so" && !dlopen(library.path().c_str(), RTLD_NOW | RTLD_LOCAL)) {
            std::fprintf(stderr, "emulated GPU: %s\n", dlerror());
            std::abort();
        }
}

// Copies of the arguments: a launch may be repeated long after its caller has returned.
struct Arguments {
    std::vector<std::vector<std::max_align_t>> values;
    std::vector<void *> pointers;

    Arguments(const Kernel &kernel, void **given) {
        for (size_t i = 0; i < kernel.argument_sizes.size(); i++) {
            const size_t bytes = kernel.argument_sizes[i];
            values.emplace_back(bytes / sizeof(std::max_align_t) + 1);
            std::memcpy(values.back().data(), given[i], bytes);
        }
        for (auto &value : values) pointers.push_back(value.data());
    }
};

struct Call {
    const Kernel *kernel;
    void **arguments;
};

void one_thread(void *argument) {
    auto *call = static_cast<Call *>(argument);
    call->kernel->run(call->arguments);
}

Result run(const Kernel &kernel, Arguments &arguments, emulated::Launch launch) {
    Call call{&kernel, arguments.pointers.data()};
    launch.body = one_thread;
    launch.argument = &call;
    const std::string problem = emulated::run(launch);
    if (problem.empty()) return SUCCESS;
    std::fprintf(stderr, "emulated GPU: %s\n", problem.c_str());
    return LAUNCH_FAILED;
}

bool fits(const emulated::Launch &launch, const Kernel &kernel) {
    const auto &[x, y, z] = launch.block;
    const size_t threads = size_t(x) * y * z;
    return threads >= 1 && threads <= 1024 && launch.grid.x && launch.grid.y && launch.grid.z &&
           launch.grid.y < 65536 && launch.grid.z < 65536 &&
           launch.shared_bytes <= size_t(kernel.dynamic_shared_limit);
}

} // namespace

extern "C" {

// The image is machine code of a GPU: what runs is what was compiled from the same sources.
Result cuModuleLoadData(void **module, const void *image) {
    static int loaded;
    if (!image || !*static_cast<const char *>(image)) return INVALID_IMAGE;
    *module = &loaded;
    return SUCCESS;
}
Result cuModuleUnload(void *) { return SUCCESS; }

Result cuModuleGetFunction(void **function, void *, const char *name) {
    auto found = emulated::kernels().find(name);
    if (found == emulated::kernels().end()) {
        std::fprintf(stderr, "emulated GPU: no kernel %s was compiled for it\n", name);
        return NOT_FOUND;
    }
    *function = &found->second;
    return SUCCESS;
}

Result cuFuncGetAttribute(int *value, int, void *) {
    *value = 0;
    return SUCCESS;
}

Result cuFuncSetAttribute(void *function, int attribute, int value) {
    constexpr int MAX_DYNAMIC_SHARED_SIZE_BYTES = 8;
    constexpr int MOST = 227 << 10; // of compute capability 9.0
    if (attribute != MAX_DYNAMIC_SHARED_SIZE_BYTES) return SUCCESS;
    if (value > MOST) return INVALID_VALUE;
    static_cast<Kernel *>(function)->dynamic_shared_limit = value;
    return SUCCESS;
}

Result cuFuncSetCacheConfig(void *, int) { return SUCCESS; }

Result cuLaunchKernel(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                      unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,
                      void *stream, void **arguments, void **) {
    const auto *kernel = static_cast<const Kernel *>(function);
    emulated::Launch launch{kernel->name, {grid_x, grid_y, grid_z}, {block_x, block_y, block_z},
                            shared_bytes, nullptr, nullptr};
    if (!fits(launch, *kernel)) {
        std::fprintf(stderr, "emulated GPU: %s cannot be launched on %u x %u x %u blocks of %u x %u x %u "
                     "threads with %u bytes of shared memory\n", kernel->name.c_str(), grid_x, grid_y,
                     grid_z, block_x, block_y, block_z, shared_bytes);
        return INVALID_VALUE;
    }
    auto copies = std::make_shared<Arguments>(*kernel, arguments);
    return emulated::submit(static_cast<emulated::Stream *>(stream),
                            [=] { return run(*kernel, *copies, launch); });
}

} // extern "C"
