#include "host/engine/restored_plan.h"

#include <utility>

#include "base/text.h"
#include "host/engine/container_config.h"
#include "host/state/names.h"
#include "host/templates/slots.h"
#include "proto/agent.pb.h"
#include "proto/container.pb.h"

namespace bulkhead::engine {

namespace {

using container::v1::Config;

void replace_all(std::string& text, const std::string& old, const std::string& with) {
    for (std::size_t at = text.find(old); at != std::string::npos;
         at = text.find(old, at + with.size()))
        text.replace(at, old.size(), with);
}

// As docker's: a container is named after its id where nobody chose.
void rename_host(Config& config, const std::string& old_id, const std::string& id) {
    const std::string old_name = state::short_id(old_id);
    if (config.spec().hostname() != old_name) return;
    const std::string name = state::short_id(id);
    config.mutable_spec()->set_hostname(name);
    for (auto& file : *config.mutable_files()) {
        std::string content = file.content();
        replace_all(content, old_name, name);
        file.set_content(std::move(content));
    }
}

std::unique_ptr<agent::v1::ReleaseRequest> adoption(const Config& config, const std::string& id) {
    auto request = std::make_unique<agent::v1::ReleaseRequest>();
    auto& adoption = *request->mutable_adoption();
    adoption.set_container_id(id);
    adoption.mutable_identity()->set_hostname(config.spec().hostname());
    *adoption.mutable_identity()->mutable_files() = config.files();
    return request;
}

}  // namespace

Result<Config> restored_config(const checkpoints::Checkpoint& checkpoint, const std::string& name,
                               const std::string& id) {
    Config config = TRY_CONTEXT(load_config(checkpoint.directory), "the checkpoint is damaged");
    if (config.image_id() != checkpoint.entry.image_id)
        return Error("the checkpoint is damaged: its parts are of different images");
    const bool writable = !config.spec().root_readonly();
    if (writable != (checkpoint.entry.disk_file_bytes > 0))
        return Error("the checkpoint is damaged: its disk is not as the container's");
    rename_host(config, checkpoint.entry.container_id, id);
    config.set_restore_from(name);
    return config;
}

Result<void> restore_plan(const Config& config, checkpoints::Checkpoint checkpoint,
                          const templates::Key& now, sandbox::SandboxPlan& plan) {
    const std::string other = templates::difference(checkpoint.entry.key, now);
    if (!other.empty())
        return Error(concat("a checkpoint goes on only where it was made: ", other));
    sandbox::Launch& launch = plan.launch;
    const std::size_t slots = checkpoint.entry.disks;
    if (slots < launch.disks.size() || slots > templates::kSlots.size()) {
        return Error(concat("the checkpoint is damaged: its machine has ", slots, " disks, not ",
                            launch.disks.size()));
    }
    for (std::size_t i = launch.disks.size(); i < slots; ++i)
        launch.disks.push_back(templates::empty_slot(i));
    launch.kernel.reset();
    launch.initrd.reset();
    launch.restore = std::move(checkpoint.snapshot);
    plan.adopt = adoption(config, plan.start->container_id());
    return {};
}

}  // namespace bulkhead::engine
