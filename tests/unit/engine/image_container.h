// A container of an image, and the plan of its machine, without a machine. Thread: any one at a
// time.
#pragma once

#include <fcntl.h>

#include <memory>
#include <string>
#include <vector>

#include "base/syscalls.h"
#include "host/engine/prepared_key.h"
#include "proto/agent.pb.h"
#include "proto/container.pb.h"
#include "proto/ports.h"
#include "tests/unit/templates/place.h"

namespace bulkhead::engine::test {

// With what a new writable disk begins as.
struct ImagePlace : templates::test::Place {
    ImagePlace() { write("disk.ext4", "an empty disk"); }
};

// Says what a container has of its own, and nothing else may.
inline constexpr const char* kSecret = "secret";

// A container, as launch_plan.cpp makes its plan up to the writable disk.
class Container {
  public:
    explicit Container(const ImagePlace& place) : place_(place) {
        config.mutable_machine()->set_disk_bytes(std::uint64_t{1} << 30U);
        spec().set_hostname("secret-host");
        spec().set_domainname("domain");
        auto& process = *spec().mutable_process();
        for (const char* argument : {"program", "secret-argument"}) process.add_args(argument);
        for (const char* variable : {"KEY=secret", "PATH=/bin:/usr/bin", "XPATH=secret"})
            process.add_env(variable);
        process.set_cwd("/srv");
        process.mutable_user()->set_username("app");
        auto& mount = *spec().add_mounts();
        mount.set_destination("/tmp");
        mount.set_type("tmpfs");
        spec().mutable_linux()->mutable_resources()->set_pids_limit(100);
        spec().mutable_linux()->mutable_seccomp()->set_default_action("SCMP_ACT_ALLOW");
        (*spec().mutable_linux()->mutable_sysctl())["net.a"] = "1";
        (*spec().mutable_linux()->mutable_sysctl())["net.b"] = "2";
        for (const char* path : {"/etc/hostname", "/etc/hosts"}) {
            auto& file = *config.add_files();
            file.set_path(path);
            file.set_content("secret content");
        }
        id = "secret-id";
        for (const char* name : {"layer", "index"}) image.push_back(name);
    }

    [[nodiscard]] oci::v1::Spec& spec() { return *config.mutable_spec(); }

    [[nodiscard]] agent::v1::StartRequest start() const {
        agent::v1::StartRequest start;
        *start.mutable_spec() = config.spec();
        *start.mutable_files() = config.files();
        start.set_init(config.init());
        start.set_container_id(id);
        start.mutable_root()->set_lower_serial(std::string(protocol::kLowerSerial));
        if (!config.spec().root_readonly())
            start.mutable_root()->set_upper_serial(std::string(protocol::kUpperSerial));
        return start;
    }

    [[nodiscard]] sandbox::SandboxPlan plan() const {
        sandbox::SandboxPlan plan;
        plan.start = std::make_unique<agent::v1::StartRequest>(start());
        for (UniqueFd* file :
             {&plan.launch.kvm, &plan.launch.kernel, &plan.launch.initrd.emplace()})
            *file = open_file("/dev/null", O_RDWR).value();
        plan.launch.device_limits = device_limits;
        sandbox::LaunchDisk disk;
        disk.serial = protocol::kLowerSerial;
        for (const std::string& name : image) {
            disk.paths.push_back(place_.file(name));
            disk.files.push_back(open_file(disk.paths.back(), O_RDONLY).value());
            disk.extents.push_back({disk.extents.size(), 0, extent_bytes});
        }
        plan.launch.disks.push_back(std::move(disk));
        return plan;
    }

    [[nodiscard]] templates::PreparedKey key() const {
        return prepared_key(plan(), config, files()).value();
    }

    [[nodiscard]] HostFiles files() const { return {"", "", "", place_.file("disk.ext4")}; }

    [[nodiscard]] std::string prepared() const {
        return prepared_request(start(), config).SerializeAsString();
    }

    container::v1::Config config;
    std::string id;
    std::vector<std::string> image;
    std::uint64_t extent_bytes = 512;
    sandbox::DeviceLimits device_limits;

  private:
    const ImagePlace& place_;
};

}  // namespace bulkhead::engine::test
