// Vm: one bulkhead-vmm process as the host sees it: its control socket and its console.
//
// The environment names the program and the guest kernel: BULKHEAD_VMM and BULKHEAD_KERNEL.
#pragma once

#include <sys/types.h>

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/packet_channel.h"
#include "base/unique_fd.h"
#include "proto/vmm.pb.h"

namespace bulkhead::test {

namespace wire = bulkhead::vmm::v1;

struct DiskPart {
    int file = -1;  // stays the caller's
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

struct VmDisk {
    std::string serial;
    bool read_only = false;
    std::vector<DiskPart> parts;
};

// A saved VM; the descriptors stay the caller's.
struct SavedFiles {
    int state = -1;
    int memory = -1;
};

struct VmOptions {
    std::uint32_t vcpus = 1;
    std::uint64_t memory_mib = 128;
    UniqueFd kernel;  // the guest kernel by default
    UniqueFd initrd;
    std::string arguments;
    std::vector<VmDisk> disks;
    std::optional<SavedFiles> restore;  // in place of kernel and initrd
    bool pause_at_first_stream = false;
    bool log_writes = false;
    std::vector<std::uint64_t> written;  // of what is restored
    UniqueFd messages;                   // takes the program's standard error, if valid
};

// The guest kernel as an open file.
UniqueFd guest_kernel();
std::string environment(const char* name);

class Vm {
  public:
    // Starts the program and nothing else. `messages`, unless negative, takes its standard error.
    explicit Vm(int messages = -1);
    // Starts it and sends the launch message.
    explicit Vm(VmOptions options);
    Vm(const Vm&) = delete;
    Vm& operator=(const Vm&) = delete;
    ~Vm();

    void send(const wire::HostMessage& message, std::vector<int> descriptors = {});
    void stop();
    // Connects a new stream to the guest's port; gives the host's end.
    UniqueFd open_stream(std::uint32_t port);

    void close_control() { control_.reset(); }

    // Each waits for what it names, and takes what else happens in the meantime. The first two
    // fail the test when the VM ends before.
    wire::Started wait_started();
    void wait_for_console(const std::string& text);
    // As wait_for_console(), but also when the VM ends; whether it has.
    bool wait_for_console_or_end(const std::string& text);
    // The next stream that the guest opens, and its port.
    std::pair<std::uint32_t, UniqueFd> wait_stream();
    // Asks for new limits of its disks, and waits for the answer.
    wire::DeviceLimits exchange_device_limits(const wire::DeviceLimits& limits);
    void pause();
    // Waits until the vCPUs are paused, by whomever.
    void wait_paused();
    void resume();
    // The VMM's answer: empty when it went well.
    std::string save(SavedFiles files);
    // Pairs: pages that the guest has written to, and how many from there.
    std::vector<std::uint64_t> take_writes();
    wire::Ended wait_ended();
    // The process's status, as waitpid() has it; the console is complete afterwards.
    int wait_exit();

    [[nodiscard]] pid_t pid() const { return pid_; }

    // Everything printed so far, without carriage returns.
    [[nodiscard]] const std::string& console() const { return console_; }

    // Streams that the guest opens go there from now on, not to wait_stream().
    void take_streams(std::function<void(UniqueFd)> taker) { take_stream_ = std::move(taker); }

    // While set, the console is not read.
    void pause_console(bool paused) { console_paused_ = paused; }

  private:
    void expect_alive() const;
    void pump();
    void read_control();
    void read_console();

    pid_t pid_ = -1;
    std::optional<PacketChannel> control_;
    UniqueFd console_end_;
    UniqueFd console_for_vmm_;
    std::string console_;
    bool console_paused_ = false;
    std::optional<wire::Started> started_;
    std::optional<wire::Ended> ended_;
    std::optional<wire::DeviceLimits> device_limits_;
    std::optional<wire::Saved> saved_;
    std::optional<wire::Writes> writes_;
    bool paused_ = false;
    std::deque<std::pair<std::uint32_t, UniqueFd>> streams_;
    std::function<void(UniqueFd)> take_stream_;
};

}  // namespace bulkhead::test
