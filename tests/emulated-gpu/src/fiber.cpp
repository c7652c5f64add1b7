#include "fiber.h"

#include <cstdint>
#include <cstdlib>
#include <sys/mman.h>
#ifndef __x86_64__
#include <ucontext.h>
#endif

namespace emulated {

// Enough for kernels, which keep little on the stack; pages that are never touched cost nothing.
static constexpr size_t STACK = 256 << 10;

static void *new_stack() {
    void *stack = mmap(nullptr, STACK, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack == MAP_FAILED) std::abort();
    return stack;
}

#ifdef __x86_64__

// Saves what a function must preserve on the stack, and the stack pointer in *save; then the same
// backwards from `load`. A switch of `ucontext` would cost two system calls.
extern "C" void emulated_switch(void **save, void *load);
asm(R"(
.text
.globl emulated_switch
.hidden emulated_switch
.type emulated_switch, @function
emulated_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size emulated_switch, .-emulated_switch
)");

struct Fiber::State {
    void *stack = new_stack();
    void *own = nullptr, *caller = nullptr;
};

void Fiber::start(void (*entry)()) {
    // As `emulated_switch` leaves a stack: six registers, the address to return to, and below it
    // the place of a return address that is never used, which aligns the stack as a call would.
    auto *top = reinterpret_cast<uintptr_t *>(static_cast<char *>(state->stack) + STACK);
    *--top = 0;
    *--top = reinterpret_cast<uintptr_t>(entry);
    for (int i = 0; i < 6; i++) *--top = 0;
    state->own = top;
}

void Fiber::resume() { emulated_switch(&state->caller, state->own); }
void Fiber::leave() { emulated_switch(&state->own, state->caller); }

#else

struct Fiber::State {
    void *stack = new_stack();
    ucontext_t own, caller;
};

void Fiber::start(void (*entry)()) {
    getcontext(&state->own);
    state->own.uc_stack.ss_sp = state->stack;
    state->own.uc_stack.ss_size = STACK;
    makecontext(&state->own, entry, 0);
}

void Fiber::resume() { swapcontext(&state->caller, &state->own); }
void Fiber::leave() { swapcontext(&state->own, &state->caller); }

#endif

Fiber::Fiber() : state(new State) {}

Fiber::~Fiber() {
    munmap(state->stack, STACK);
    delete state;
}

} // namespace emulated
