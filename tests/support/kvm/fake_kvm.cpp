#include "tests/support/kvm/fake_kvm.h"

#include <linux/kvm.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <catch2/catch.hpp>

#include "vmm/kvm/ioctl.h"

namespace bulkhead::test {

namespace {

constexpr std::size_t kRunSize = 4096;

std::map<int, FakeKvm*>& by_descriptor() {
    static std::map<int, FakeKvm*> fakes;
    return fakes;
}

FakeKvm& called(int fd, kvm::Request request) {
    FakeKvm& fake = *by_descriptor().at(fd);
    fake.calls.emplace_back(request.name);
    return fake;
}

// kvm_msrs: a count, 32 unused bits, entries.
kvm_msr_entry* entry_at(void* argument, std::size_t at) {
    constexpr std::size_t kHeader = 8;
    return static_cast<kvm_msr_entry*>(static_cast<void*>(static_cast<std::byte*>(argument) +
                                                          kHeader + at * sizeof(kvm_msr_entry)));
}

std::size_t count_of(const void* argument) {
    std::uint32_t count = 0;
    std::memcpy(&count, argument, sizeof(count));
    return count;
}

// As many as it takes.
int set_msrs(FakeKvm& fake, void* argument) {
    for (std::size_t at = 0; at < count_of(argument); ++at) {
        const kvm_msr_entry entry = *entry_at(argument, at);
        if (!fake.msrs.contains(entry.index) || fake.read_only.contains(entry.index))
            return static_cast<int>(at);
        fake.msrs[entry.index] = entry.data;
        fake.written.emplace_back(entry.index, entry.data);
    }
    return static_cast<int>(count_of(argument));
}

// As many as there are before the first one that it does not have.
int get_msrs(const FakeKvm& fake, void* argument) {
    for (std::size_t at = 0; at < count_of(argument); ++at) {
        const auto found = fake.msrs.find(entry_at(argument, at)->index);
        if (found == fake.msrs.end()) return static_cast<int>(at);
        entry_at(argument, at)->data = found->second;
    }
    return static_cast<int>(count_of(argument));
}

}  // namespace

FakeKvm::FakeKvm() {
    UniqueFd file(::memfd_create("vcpu", MFD_CLOEXEC));
    REQUIRE(::ftruncate(file.get(), kRunSize) == 0);
    auto mapped = kvm::Vcpu::map(std::move(file), kRunSize);
    REQUIRE(mapped);
    vcpu_ = *std::move(mapped);
    by_descriptor()[vcpu_->fd()] = this;
}

FakeKvm::~FakeKvm() {
    by_descriptor().erase(vcpu_->fd());
}

}  // namespace bulkhead::test

namespace bulkhead::kvm {

Result<int> call(int fd, Request request, unsigned long /*value*/) {
    const test::FakeKvm& fake = test::called(fd, request);
    if (fake.failing == request.name) return errno_error(EIO, request.name);
    return request.name == std::string("KVM_GET_TSC_KHZ") ? fake.tsc_khz : 0;
}

Result<int> call_at(int fd, Request request, void* argument) {
    test::FakeKvm& fake = test::called(fd, request);
    const std::string name = request.name;
    if (fake.failing == name) return errno_error(EIO, name);
    if (name == "KVM_SET_MSRS") return test::set_msrs(fake, argument);
    if (name == "KVM_GET_MSRS") return test::get_msrs(fake, argument);
    auto& kept = fake.state[name.substr(std::strlen("KVM_GET_"))];
    const std::size_t size = _IOC_SIZE(request.code);
    if (name.starts_with("KVM_SET_")) {
        const auto* bytes = static_cast<const std::byte*>(argument);
        kept.assign(bytes, bytes + size);
    } else {
        kept.resize(size);
        std::memcpy(argument, kept.data(), size);
    }
    return 0;
}

int run(int /*vcpu_fd*/) {
    return ENOSYS;
}

}  // namespace bulkhead::kvm
