// Code that was not there before, and memory shared with others.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/integration/jail/act.h"

namespace bulkhead::test {

namespace {

constexpr unsigned long kPage = 4096;
alignas(kPage) char page[kPage];

int map(int protection, int flags, int fd) {
    return outcome(::syscall(SYS_mmap, nullptr, kPage, protection, flags, fd, 0));
}

}  // namespace

std::vector<Act> memory_acts() {
    return {
        {"map memory to execute",
         [] { return map(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1); },
         Second::MayNot},
        {"make data executable",
         [] { return outcome(::syscall(SYS_mprotect, page, kPage, PROT_READ | PROT_EXEC)); },
         Second::MayNot},
        {"the same with a key (pkey_mprotect)",
         [] {
             return outcome(::syscall(SYS_pkey_mprotect, page, kPage, PROT_READ | PROT_EXEC, -1));
         },
         Second::MayNot},
        {"map a file to execute", [] { return map(PROT_READ | PROT_EXEC, MAP_PRIVATE, 0); },
         Second::MayNot},
        {"memory that others can map (memfd)",
         [] { return outcome(::syscall(SYS_memfd_create, "m", 0)); }, Second::MayNot},
        {"System V shared memory",
         [] { return outcome(::syscall(SYS_shmget, 0x42554C4B, kPage, 01600)); }, Second::MayNot},
        {"pages merged with others' (KSM)",
         [] { return outcome(::syscall(SYS_madvise, page, kPage, MADV_MERGEABLE)); },
         Second::MayNot},
        {"lock memory", [] { return outcome(::syscall(SYS_mlock, page, kPage)); }},
        {"serve page faults (userfaultfd)",
         [] { return outcome(::syscall(SYS_userfaultfd, O_CLOEXEC)); }, Second::MayNot},
    };
}

}  // namespace bulkhead::test
