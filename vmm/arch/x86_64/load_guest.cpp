#include "base/check.h"
#include "base/checked.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "vmm/arch/arch.h"
#include "vmm/arch/x86_64/layout.h"
#include "vmm/arch/x86_64/mp_table.h"
#include "vmm/arch/x86_64/start_info.h"
#include "vmm/boot/kernel_file.h"

namespace bulkhead::arch {

namespace {

constexpr std::uint64_t kPage = 4096;

// As high as it fits below the gap, so that it is out of the kernel's way.
Result<memory::GuestMemory::Range> load_initrd(const memory::GuestMemory& memory, int file,
                                               memory::GuestAddress kernel_end) {
    const std::uint64_t size = TRY(file_size(file));
    const std::uint64_t end = memory.regions().front().size;
    const auto lowest = align_up(raw(kernel_end), kPage);
    const auto padded = align_up(size, kPage);
    if (size == 0) return Error("the initial RAM disk is empty");
    if (!padded || !lowest || *lowest > end || *padded > end - *lowest) {
        return Error(concat("an initial RAM disk of ", size,
                            " bytes does not fit beside the kernel in ", bytes_text(end)));
    }
    const memory::GuestMemory::Range range{memory::GuestAddress{end - *padded}, size};
    TRY(boot::load_file(file, memory, range.start, size));
    return range;
}

Result<void> write_mp_table(const memory::GuestMemory& memory, unsigned vcpus) {
    const auto table = make_mp_table(kMpTable, vcpus);
    BULKHEAD_CHECK(table.size() <= kMpTableLimit - kMpTable);
    if (!memory.write_bytes(memory::GuestAddress{kMpTable}, table)) {
        return Error("guest memory is too small for the boot tables");
    }
    return {};
}

}  // namespace

Result<EntryState> load_guest(const memory::GuestMemory& memory, const BootSources& sources) {
    const auto image = TRY_CONTEXT(
        boot::load_kernel(sources.kernel, memory, memory::GuestAddress{kKernelLowest}), "kernel");
    const auto map = memory_map(memory.regions());
    StartInfo info{.command_line = sources.command_line, .initrd = std::nullopt, .memory_map = map};
    if (sources.initrd >= 0) {
        info.initrd =
            TRY_CONTEXT(load_initrd(memory, sources.initrd, image.end), "initial RAM disk");
    }
    TRY(write_mp_table(memory, sources.vcpus));
    const auto boot_data = TRY(write_start_info(memory, info));
    return EntryState{.instruction = image.entry, .boot_data = boot_data};
}

}  // namespace bulkhead::arch
