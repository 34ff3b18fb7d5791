// From the monitor's entry point (32-bit protected mode, flat segments, no paging; the PVH boot
// protocol) to 64-bit C++, with the first 4 GiB mapped one to one.
#include <cstdint>

extern "C" {
alignas(4096) std::uint64_t hostile_pml4[512];
alignas(4096) std::uint64_t hostile_pdpt[512];
alignas(4096) std::uint64_t hostile_directories[4 * 512];
alignas(16) unsigned char hostile_stack[64 * 1024];
std::uint32_t hostile_boot_data = 0;
}

asm(R"(
    .section .note.pvh, "a", @note
    .align 4
    .long 4                     # bytes of the name
    .long 4                     # bytes of the value
    .long 18                    # XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .long hostile_entry

    .section .text.entry, "ax", @progbits
    .code32
    .global hostile_entry
hostile_entry:
    cli
    mov %ebx, hostile_boot_data
    movl $hostile_pdpt + 3, hostile_pml4
    mov $hostile_directories + 3, %eax
    mov $hostile_pdpt, %edi
    mov $4, %ecx
1:  mov %eax, (%edi)
    add $4096, %eax
    add $8, %edi
    loop 1b
    mov $0x83, %eax             # present, writable, 2 MiB
    mov $hostile_directories, %edi
    mov $2048, %ecx
2:  mov %eax, (%edi)
    add $0x200000, %eax
    add $8, %edi
    loop 2b
    mov $hostile_pml4, %eax
    mov %eax, %cr3
    mov %cr4, %eax
    or $0x20, %eax              # PAE
    mov %eax, %cr4
    mov $0xc0000080, %ecx       # EFER.LME
    rdmsr
    or $0x100, %eax
    wrmsr
    mov %cr0, %eax
    or $0x80000000, %eax        # PG
    mov %eax, %cr0
    lgdt hostile_gdt_pointer
    ljmp $8, $3f
    .code64
3:  mov $16, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    lea hostile_stack + 65536(%rip), %rsp
    mov hostile_boot_data(%rip), %edi
    call hostile_main
4:  cli
    hlt
    jmp 4b

    .section .rodata.gdt, "a", @progbits
    .align 8
hostile_gdt:
    .quad 0
    .quad 0x00af9b000000ffff    # 64-bit code
    .quad 0x00cf93000000ffff    # data
hostile_gdt_pointer:
    .word 23
    .long hostile_gdt
    .text
)");
