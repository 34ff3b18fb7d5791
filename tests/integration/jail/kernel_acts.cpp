// The host's kernel: doors that are seldom used, and KVM's.
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/kvm.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <ctime>

#include "tests/integration/jail/act.h"

namespace bulkhead::test {

namespace {

// The filter looks at the request before the kernel looks at what it is for.
int request(unsigned long code) {
    return outcome(::syscall(SYS_ioctl, 0, code, 0));
}

int load_program() {
    bpf_attr attributes{};
    attributes.map_type = BPF_MAP_TYPE_ARRAY;
    attributes.key_size = 4;
    attributes.value_size = 4;
    attributes.max_entries = 1;
    return outcome(::syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes)));
}

int count_events() {
    perf_event_attr attributes{};
    attributes.size = sizeof(attributes);
    attributes.type = PERF_TYPE_SOFTWARE;
    return outcome(::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
}

int make_ring() {
    io_uring_params parameters{};
    return outcome(::syscall(SYS_io_uring_setup, 1, &parameters));
}

int set_clock() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return outcome(::syscall(SYS_clock_settime, CLOCK_REALTIME, &now));
}

int name_host() {
    utsname names{};
    return outcome(::syscall(SYS_uname, &names));
}

// The 32-bit call table, where numbers mean other calls: 20 is getpid.
int call_32_bit() {
    long result = 20;
    asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    return result < 0 ? static_cast<int>(-result) : 0;
}

int call_x32() {
    constexpr long kX32 = 0x40000000;
    return outcome(::syscall(kX32 | SYS_getpid));
}

}  // namespace

std::vector<Act> kernel_acts() {
    return {
        {"load a BPF program's map", load_program, Second::MayNot},
        {"count events (perf)", count_events, Second::MayNot},
        {"io_uring", make_ring, Second::MayNot},
        {"load a kernel module", [] { return outcome(::syscall(SYS_init_module, "", 0, "")); }},
        {"load another kernel",
         [] { return outcome(::syscall(SYS_kexec_load, 0, 0, nullptr, 0)); }},
        {"read the kernel's log", [] { return outcome(::syscall(SYS_syslog, 10, nullptr, 0)); }},
        {"set the clock", set_clock},
        {"read the host's name", name_host, Second::MayNot},
        {"set the host's name", [] { return outcome(::syscall(SYS_sethostname, "x", 1)); }},
        {"use I/O ports", [] { return outcome(::syscall(SYS_iopl, 3)); }},
        {"other addresses (personality)",
         [] { return outcome(::syscall(SYS_personality, ADDR_NO_RANDOMIZE)); }, Second::MayNot},
        {"a 32-bit system call", call_32_bit, Second::MayNot},
        {"an x32 system call", call_x32, Second::MayNot},
        {"type into a terminal (TIOCSTI)", [] { return request(TIOCSTI); }},
        {"make another VM (KVM_CREATE_VM)", [] { return request(KVM_CREATE_VM); }},
        {"a device in KVM (KVM_CREATE_DEVICE)", [] { return request(KVM_CREATE_DEVICE); }},
        {"debug the guest (KVM_SET_GUEST_DEBUG)", [] { return request(KVM_SET_GUEST_DEBUG); }},
        {"change guest memory's places", [] { return request(KVM_SET_USER_MEMORY_REGION); }},
        {"an old, large part of KVM (KVM_SET_VAPIC_ADDR)",
         [] { return request(KVM_SET_VAPIC_ADDR); }},
        {"run a vCPU (KVM_RUN)", [] { return request(KVM_RUN); }},
    };
}

std::vector<Act> all_acts() {
    std::vector<Act> all;
    for (const auto& part : {file_acts(), process_acts(), privilege_acts(), network_acts(),
                             memory_acts(), kernel_acts()}) {
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

}  // namespace bulkhead::test
