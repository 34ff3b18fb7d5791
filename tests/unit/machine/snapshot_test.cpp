// What can be said of a snapshot's files without a machine.
#include "vmm/machine/snapshot.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <functional>

#include <catch2/catch.hpp>

#include "base/syscalls.h"

namespace bulkhead::machine {
namespace {

constexpr std::uint64_t kMemory = std::uint64_t{64} << 20U;

UniqueFd file_of(std::span<const std::byte> bytes) {
    UniqueFd file(::memfd_create("file", MFD_CLOEXEC));
    REQUIRE(file.valid());
    REQUIRE(write_full(file.get(), bytes));
    return file;
}

snapshot::SavedMachine saved_machine() {
    snapshot::SavedMachine saved;
    saved.vcpus = 2;
    saved.memory_bytes = kMemory;
    saved.processors = {"first", "second"};
    return saved;
}

// Why files that were changed in one place are refused.
std::string refusal(const std::function<void(snapshot::SavedMachine&, MachineConfig&)>& change) {
    snapshot::SavedMachine saved = saved_machine();
    MachineConfig config;
    config.vcpus = 2;
    config.memory_bytes = kMemory;
    config.restore.emplace();
    config.restore->memory = file_of({});
    REQUIRE(::ftruncate(config.restore->memory.get(), static_cast<off_t>(kMemory)) == 0);
    change(saved, config);
    if (!config.restore->state.valid()) config.restore->state = file_of(snapshot::encode(saved));
    const auto read = read_saved(config);
    return read ? "accepted" : read.error().message();
}

}  // namespace

TEST_CASE("a snapshot is read when it is for this machine, and its memory is all there") {
    CHECK(refusal([](auto&, auto&) {}) == "accepted");
    CHECK(refusal([](auto&, auto& config) { config.vcpus = 1; }) == "it has 2 vCPUs, not 1");
    CHECK(refusal([](auto& saved, auto&) { saved.processors.pop_back(); }) ==
          "it has 2 vCPUs, not 2");
    CHECK_THAT(refusal([](auto& saved, auto&) { saved.memory_bytes *= 2; }),
               Catch::Contains("bytes of memory"));
    CHECK_THAT(refusal([](auto&, auto& config) {
                   REQUIRE(::ftruncate(config.restore->memory.get(), 4096) == 0);
               }),
               Catch::Contains("the memory's file has 4096 bytes"));
    CHECK_THAT(refusal([](auto&, auto& config) {
                   config.restore->memory = open_file("/dev/null", O_RDWR).value();
               }),
               Catch::Contains("the memory's file"));
}

TEST_CASE("a state file that is empty, huge or no file is not read") {
    const auto with_state = [](UniqueFd state) {
        return refusal([&](auto&, auto& config) { config.restore->state = std::move(state); });
    };
    CHECK_THAT(with_state(file_of({})), Catch::Contains("no file, or of 0 bytes"));
    CHECK_THAT(with_state(open_file("/dev/zero", O_RDONLY).value()), Catch::Contains("no file"));
    UniqueFd huge = file_of({});
    REQUIRE(::ftruncate(huge.get(), snapshot::kMaxStateBytes + 1) == 0);
    CHECK_THAT(with_state(std::move(huge)), Catch::Contains("no file, or of"));
}

}  // namespace bulkhead::machine
