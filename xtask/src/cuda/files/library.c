/* A stand-in for one library of NVIDIA's: finds the real one when its first function is called.
 *
 * LIBRARY (its linker name), FILE_NAME (of the real one) and MISSING (the status that calls return
 * without it) are given to the compiler. functions.S has the functions themselves, each with an entry
 * that holds where its calls go; until its first call that is `resolve`. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <glob.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOINED(a, b) a##_##b
#define OWN_NAME(a, b) JOINED(a, b)
#define RESOLVE OWN_NAME(realuid_resolve, LIBRARY)

/* As functions.S lays it out. */
struct function {
    void *address;
    const char *name;
    /* 0: returns a status; 1: returns a text. */
    long returns_text;
};

static void *library;

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
    if (!getenv("REALUID_CUDA_VERBOSE"))
        return;
    va_list arguments;
    va_start(arguments, format);
    fputs("realuid: " FILE_NAME ": ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

static int opened(const char *path)
{
    library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    if (library)
        tell("loaded %s", path);
    else
        tell("tried %s: %s", path, dlerror());
    return library != NULL;
}

/* In each folder of a list with colons between them. */
static int opened_in(const char *folders)
{
    char path[4096];
    while (folders && *folders) {
        int length = (int)strcspn(folders, ":");
        int written = snprintf(path, sizeof path, "%.*s/" FILE_NAME, length, folders);
        if (length > 0 && written < (int)sizeof path && opened(path))
            return 1;
        folders += length + (folders[length] == ':');
    }
    return 0;
}

/* Beside the PyTorch of a Python environment, whose wheels each have a folder of libraries. */
static int opened_beside_torch(const char *environment)
{
    char pattern[4096];
    glob_t found;
    int done = 0;
    if (!environment || !*environment)
        return 0;
    snprintf(pattern, sizeof pattern, "%s/lib/python3*/site-packages/nvidia/*/lib/" FILE_NAME, environment);
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc && !done; i++)
            done = opened(found.gl_pathv[i]);
        globfree(&found);
    } else {
        tell("tried %s: no such file", pattern);
    }
    return done;
}

static void find_library(void)
{
    if (opened_in(getenv("REALUID_CUDA_LIBRARIES")) || opened(FILE_NAME) ||
        opened_beside_torch(getenv("VIRTUAL_ENV")) || opened_beside_torch(getenv("CONDA_PREFIX")) ||
        opened_in("/usr/local/cuda/lib64"))
        return;
    /* Without the driver there is no GPU, and the caller says so; with it, the others are needed. */
    if (strcmp(FILE_NAME, "libcuda.so.1") != 0)
        fputs("realuid: " FILE_NAME " was not found, which computing on a GPU needs; name its folder in "
              "REALUID_CUDA_LIBRARIES (REALUID_CUDA_VERBOSE=1 tells where it was looked for)\n",
              stderr);
}

static long missing_status(void)
{
    return MISSING;
}

static const char *missing_text(void)
{
    return FILE_NAME " was not found";
}

/* Where the calls of `function` go from now on. Threads that come here together write the same. */
__attribute__((visibility("hidden"))) void *RESOLVE(struct function *function)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_library);
    void *address = library ? dlsym(library, function->name) : NULL;
    if (library && !address)
        fprintf(stderr, "realuid: " FILE_NAME " has no function %s; it is too old\n", function->name);
    if (!address)
        address = function->returns_text ? (void *)missing_text : (void *)missing_status;
    __atomic_store_n(&function->address, address, __ATOMIC_RELEASE);
    return address;
}
