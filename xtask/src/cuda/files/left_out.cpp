// Stands for candle's kernels of quantised weights and of mixtures of experts, which nothing here calls and
// which would be most of the binary. left_out.def, made from candle's declarations, lists them.
#include <cstdio>
#include <cstdlib>

// Weak: this is compiled in place of each of the files that are left out.
#define LEFT_OUT(name)                                                                             \
    extern "C" __attribute__((weak)) void name()                                                   \
    {                                                                                              \
        std::fputs("realuid: " #name " of candle was called, which this build leaves out; "        \
                   "build against an installed CUDA toolkit to have it (docs/cuda.md)\n",          \
                   stderr);                                                                        \
        std::abort();                                                                              \
    }
#include "left_out.def"
