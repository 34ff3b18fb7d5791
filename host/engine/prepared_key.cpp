#include "host/engine/prepared_key.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "base/text.h"
#include "host/image/digest.h"
#include "proto/agent.pb.h"
#include "proto/container.pb.h"

namespace bulkhead::engine {

namespace {

constexpr std::string_view kPath = "PATH=";

// As proto/agent.proto has it: a start without what one that is `prepared` brings along. What is
// left out is put back at the end: a copy of a container's profile takes longer than all the rest.
class Stripped {
  public:
    Stripped(agent::v1::StartRequest& start, const container::v1::Config& config) : start_(start) {
        oci::v1::Spec& spec = *start.mutable_spec();
        spec.mutable_process()->Swap(&process_);
        spec.mutable_process()->set_terminal(process_.terminal());
        spec.mutable_process()->set_cwd(process_.cwd());
        spec.mutable_process()->set_oom_score_adj(process_.oom_score_adj());
        spec.mutable_hostname()->swap(hostname_);
        start.mutable_container_id()->swap(container_id_);
        for (auto& file : *start.mutable_files())
            contents_.emplace_back().swap(*file.mutable_content());
        // Which streams there are, not which ports they have.
        agent::v1::StandardStreams& streams = *start.mutable_streams();
        streams.set_stdin_port(config.open_stdin() ? 1 : 0);
        streams.set_stdout_port(1);
        streams.set_stderr_port(process_.terminal() ? 0 : 1);
    }

    Stripped(const Stripped&) = delete;
    Stripped& operator=(const Stripped&) = delete;

    ~Stripped() {
        start_.mutable_spec()->mutable_process()->Swap(&process_);
        start_.mutable_spec()->mutable_hostname()->swap(hostname_);
        start_.mutable_container_id()->swap(container_id_);
        for (int i = 0; i < start_.files_size(); ++i)
            start_.mutable_files(i)->mutable_content()->swap(
                contents_.at(static_cast<std::size_t>(i)));
        start_.clear_streams();
    }

    [[nodiscard]] const oci::v1::Process& process() const { return process_; }

  private:
    agent::v1::StartRequest& start_;
    oci::v1::Process process_;
    std::string hostname_;
    std::string container_id_;
    std::vector<std::string> contents_;
};

}  // namespace

std::string stable_bytes(const agent::v1::StartRequest& message) {
    std::string bytes;
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream output(&stream);
    output.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&output);
    output.Trim();
    return bytes;
}

bool can_be_prepared(const container::v1::Config& config) {
    const oci::v1::Hooks& hooks = config.spec().hooks();
    const bool hooked = hooks.create_container_size() + hooks.start_container_size() +
                            hooks.poststart_size() + hooks.poststop_size() !=
                        0;
    return !hooked && config.root_directory().empty() && config.restore_from().empty();
}

agent::v1::StartRequest prepared_request(const agent::v1::StartRequest& start,
                                         const container::v1::Config& config) {
    agent::v1::StartRequest whole = start;
    const Stripped stripped(whole, config);
    agent::v1::StartRequest request = whole;
    // What it needs to know to read the program before somebody waits for it.
    const oci::v1::Process& process = stripped.process();
    oci::v1::Process& looked_up = *request.mutable_spec()->mutable_process();
    if (process.args_size() > 0) looked_up.add_args(process.args(0));
    looked_up.set_program(process.program());
    *looked_up.mutable_user() = process.user();
    for (const std::string& variable : process.env()) {
        if (variable.starts_with(kPath)) looked_up.add_env(variable);
    }
    return request;
}

Result<templates::PreparedKey> prepared_key(const sandbox::SandboxPlan& plan,
                                            const container::v1::Config& config,
                                            const HostFiles& files) {
    templates::PreparedKey key;
    std::string extents;
    for (const sandbox::LaunchDisk& disk : plan.launch.disks) {
        for (std::size_t i = 0; i < disk.paths.size(); ++i)
            key.image.push_back(TRY(templates::identity_of(disk.files.at(i), disk.paths[i])));
        for (const sandbox::DiskExtent& extent : disk.extents)
            extents += concat(extent.file, " ", extent.offset, " ", extent.length, "\n");
    }
    if (key.image.empty()) return Error("the container has no image");
    const auto formatted = TRY(templates::identity_of(files.disk_template));
    const Stripped stripped(*plan.start, config);
    image::Hasher hasher(image::DigestAlgorithm::Sha256);
    for (const std::string& text :
         {stable_bytes(*plan.start), extents,
          concat(config.machine().disk_bytes(), " ", formatted.path, " ", formatted.device, " ",
                 formatted.inode, " ", formatted.changed_ns)}) {
        const std::string size = concat(text.size(), ":");
        hasher.update(std::as_bytes(std::span(size)));
        hasher.update(std::as_bytes(std::span(text)));
    }
    key.container = hasher.finish().hex();
    return key;
}

}  // namespace bulkhead::engine
