/* The functions of a stand-in for one library of NVIDIA's (library.c), for x86-64 and the System V calling
 * convention. functions.def, made from the declarations of cudarc, lists them.
 *
 * A function jumps to the address in its entry. At first that is its own second half, which has `resolve`
 * put the real address there; the arguments are kept in between, whatever they are. */
#define JOINED(a, b) a##_##b
#define OWN_NAME(a, b) JOINED(a, b)
#define RESOLVE OWN_NAME(realuid_resolve, LIBRARY)

.macro function name, returns_text
    .section .data
    .p2align 3
.Lentry_\name:
    .quad .Lfirst_\name
    .quad .Lname_\name
    .quad \returns_text
    .section .rodata
.Lname_\name:
    .asciz "\name"
    .text
    .p2align 4
    .globl \name
    .type \name, @function
\name:
    endbr64
    jmp *.Lentry_\name(%rip)
.Lfirst_\name:
    endbr64
    lea .Lentry_\name(%rip), %r11
    jmp .Lresolve
    .size \name, . - \name
.endm

    .text
    .p2align 4
.Lresolve:
    push %rbp
    mov %rsp, %rbp
    sub $192, %rsp
    mov %rdi, -8(%rbp)
    mov %rsi, -16(%rbp)
    mov %rdx, -24(%rbp)
    mov %rcx, -32(%rbp)
    mov %r8, -40(%rbp)
    mov %r9, -48(%rbp)
    mov %rax, -56(%rbp)
    movups %xmm0, -80(%rbp)
    movups %xmm1, -96(%rbp)
    movups %xmm2, -112(%rbp)
    movups %xmm3, -128(%rbp)
    movups %xmm4, -144(%rbp)
    movups %xmm5, -160(%rbp)
    movups %xmm6, -176(%rbp)
    movups %xmm7, -192(%rbp)
    mov %r11, %rdi
    call RESOLVE
    mov %rax, %r11
    mov -8(%rbp), %rdi
    mov -16(%rbp), %rsi
    mov -24(%rbp), %rdx
    mov -32(%rbp), %rcx
    mov -40(%rbp), %r8
    mov -48(%rbp), %r9
    mov -56(%rbp), %rax
    movups -80(%rbp), %xmm0
    movups -96(%rbp), %xmm1
    movups -112(%rbp), %xmm2
    movups -128(%rbp), %xmm3
    movups -144(%rbp), %xmm4
    movups -160(%rbp), %xmm5
    movups -176(%rbp), %xmm6
    movups -192(%rbp), %xmm7
    leave
    jmp *%r11

#define RETURNS_STATUS(name) function name, 0
#define RETURNS_TEXT(name) function name, 1
#include "functions.def"

    .section .note.GNU-stack, "", @progbits
