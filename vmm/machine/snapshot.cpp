#include "vmm/machine/snapshot.h"

#include <sys/stat.h>

#include <utility>

#include "base/syscalls.h"
#include "base/text.h"
#include "vmm/arch/arch.h"

namespace bulkhead::machine {

namespace {

Result<std::vector<std::byte>> read_whole(int fd) {
    struct stat status {};

    if (::fstat(fd, &status) != 0) return errno_error("fstat");
    const bool fits = S_ISREG(status.st_mode) && status.st_size > 0 &&
                      static_cast<std::uint64_t>(status.st_size) <= snapshot::kMaxStateBytes;
    if (!fits) return Error(concat("no file, or of ", status.st_size, " bytes"));
    std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
    if (TRY(pread_full(fd, bytes, 0)) < bytes.size()) return Error("the file became shorter");
    return bytes;
}

// A page behind a file's end is no memory: whoever touches it is killed.
Result<void> check_memory_file(int fd, std::uint64_t bytes) {
    struct stat status {};

    if (::fstat(fd, &status) != 0) return errno_error("fstat");
    if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) != bytes)
        return Error(concat("the memory's file has ", status.st_size, " bytes, not ", bytes));
    return {};
}

}  // namespace

Result<void> save_machine(MachineParts& parts, const SnapshotFiles& files, memory::Swap swap) {
    snapshot::SavedMachine saved;
    saved.vcpus = static_cast<unsigned>(parts.processors.size());
    saved.memory_bytes = parts.memory.total_size();
    for (const auto& slot : parts.slots) saved.devices.push_back(TRY(slot->save()));
    saved.uart = parts.legacy->uart_state();
    for (unsigned index = 0; index < parts.processors.size(); ++index) {
        saved.processors.push_back(TRY_CONTEXT(parts.model->save(*parts.processors[index], index),
                                               concat("vCPU ", index)));
    }
    saved.platform = TRY(arch::save_platform(parts.vm));
    saved.memory = TRY(memory::write_memory(parts.memory, files.memory.get(), swap));
    return write_full(files.state.get(), snapshot::encode(saved))
        .context("writing the machine's state");
}

Result<snapshot::SavedMachine> read_saved(const MachineConfig& config) {
    const auto bytes = TRY(read_whole(config.restore->state.get()));
    auto saved = TRY(snapshot::decode(bytes));
    if (saved.vcpus != config.vcpus || saved.processors.size() != config.vcpus)
        return Error(concat("it has ", saved.vcpus, " vCPUs, not ", config.vcpus));
    if (saved.memory_bytes != config.memory_bytes) {
        return Error(
            concat("it has ", saved.memory_bytes, " bytes of memory, not ", config.memory_bytes));
    }
    TRY(check_memory_file(config.restore->memory.get(), config.memory_bytes));
    return saved;
}

// Interrupts that devices raise need the interrupt controllers, and these the processors.
Result<void> restore_machine(MachineParts& parts, const snapshot::SavedMachine& saved) {
    if (saved.devices.size() != parts.slots.size()) {
        return Error(concat("it has ", saved.devices.size(), " devices, not ", parts.slots.size()));
    }
    for (unsigned index = 0; index < parts.processors.size(); ++index) {
        TRY_CONTEXT(parts.model->restore(*parts.processors[index], index, saved.processors[index]),
                    concat("vCPU ", index));
    }
    TRY_CONTEXT(arch::restore_platform(parts.vm, saved.platform), "platform");
    parts.legacy->restore_uart(saved.uart);
    for (std::size_t index = 0; index < parts.slots.size(); ++index) {
        TRY_CONTEXT(parts.slots[index]->restore(saved.devices[index]), concat("device ", index));
    }
    return {};
}

}  // namespace bulkhead::machine
