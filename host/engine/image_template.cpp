#include "host/engine/image_template.h"

#include <span>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "base/syscalls.h"
#include "host/engine/prepared_key.h"
#include "host/sandbox/disk_copy.h"
#include "host/templates/slots.h"
#include "host/templates/starts.h"
#include "host/templates/written_pages.h"
#include "proto/agent.pb.h"
#include "proto/container.pb.h"

namespace bulkhead::engine {

namespace {

void warn(const Error& why) {
    log::warning("no image template: " + why.message());
}

}  // namespace

ImageTemplate::~ImageTemplate() {
    if (!publisher_.joinable()) return;
    publisher_.join();
    if (published_ && !*published_) warn(published_->error());
}

int ImageTemplate::look_up(const sandbox::SandboxPlan& plan,
                           const Result<templates::Key>& machine) {
    const auto use = parts_.config.machine().template_use();
    const bool allowed =
        use == container::v1::TEMPLATE_USE_AUTO || use == container::v1::TEMPLATE_USE_IMAGE;
    if (!allowed || !machine || !can_be_prepared(parts_.config)) return -1;
    if (const auto looked = find(plan, *machine); !looked) warn(looked.error());
    return found_ ? found_->disk.get() : -1;
}

Result<void> ImageTemplate::find(const sandbox::SandboxPlan& plan, const templates::Key& machine) {
    templates::Key key = machine;
    key.prepared = TRY(prepared_key(plan, parts_.config, parts_.files));
    found_ = TRY(templates::Store(parts_.places.store).find(key));
    key_ = std::move(key);
    return {};
}

bool ImageTemplate::use(sandbox::SandboxPlan& plan) {
    if (!found_) return false;
    templates::Store::Found found = *std::exchange(found_, std::nullopt);
    auto memory = duplicate(found.snapshot.memory.get());
    auto restored =
        templates::restored_launch(plan.launch, std::move(found.snapshot), found.entry.disks);
    if (!memory || !restored) {
        warn(memory ? restored.error() : memory.error());
        return false;
    }
    used_memory_ = *std::move(memory);
    plan.boot = std::exchange(plan.launch, *std::move(restored));
    plan.start->set_prepared(true);
    origin_ = "image template " + found.id;
    return true;
}

void ImageTemplate::on_refused(const std::string& why) {
    if (!origin_.empty()) on_restore_failed(why);
}

void ImageTemplate::on_restore_failed(const std::string& why) {
    const std::string id = key_->id();
    log::warning("image template " + id + " is no good and is removed: " + why);
    origin_.clear();
    used_memory_.reset();
    if (const auto removed = templates::Store(parts_.places.store).remove(id); !removed)
        log::warning(removed.error().message());
}

Result<bool> ImageTemplate::wanted() const {
    // Reading the program ahead would keep such a start waiting for what it may not need.
    const auto& rates = parts_.config.machine().device_limits();
    if (rates.read_bytes() != 0 || rates.read_operations() != 0) return false;
    if (parts_.config.machine().template_use() == container::v1::TEMPLATE_USE_IMAGE) return true;
    return templates::note_start(parts_.places.store, key_->id());
}

void ImageTemplate::make(sandbox::SandboxPlan& plan, const UniqueFd& disk, Machine machine) {
    if (!key_) return;
    const auto is_wanted = wanted();
    if (!is_wanted) return warn(is_wanted.error());
    if (!*is_wanted) return;
    if (const auto begun = begin(plan, disk, std::move(machine)); !begun) {
        making_.reset();
        warn(begun.error());
    }
}

Result<void> ImageTemplate::begin(sandbox::SandboxPlan& plan, const UniqueFd& disk,
                                  Machine machine) {
    auto made = TRY(templates::Store(parts_.places.store).begin(*key_));
    if (!made) return {};  // somebody else makes one
    Making making{*std::move(made), UniqueFd(), std::move(machine)};
    if (disk.valid()) {
        TRY(making.made.make_disk());
        making.disk = TRY(duplicate(disk.get()));
    }
    sandbox::PreparedSave save;
    save.request =
        std::make_unique<agent::v1::StartRequest>(prepared_request(*plan.start, parts_.config));
    save.state = TRY(duplicate(making.made.state().get()));
    save.memory = TRY(duplicate(making.made.memory().get()));
    save.saved = [this](const Result<void>& saved) { on_saved(saved); };
    save.wrote = [this](const std::vector<PageRun>& runs) { on_wrote(runs); };
    written_ = TRY(making.made.make_written());
    making_.emplace(std::move(making));
    plan.prepare = std::move(save);
    plan.launch.log_writes = true;
    if (plan.boot) plan.boot->log_writes = true;
    return {};
}

void ImageTemplate::on_saved(const Result<void>& saved) {
    sandbox::Sandbox& machine = making_->machine();
    parts_.faults.reach("image-template-saved", &machine);
    Result<void> done = saved;
    if (done && making_->disk.valid())
        done = sandbox::copy_disk(making_->disk.get(), making_->made.disk().get());
    if (!done) {
        making_.reset();
        return warn(done.error());
    }
    const templates::TemplateContents contents{static_cast<std::uint32_t>(machine.disk_slots()),
                                               parts_.config.image()};
    try {
        publisher_ = std::thread([this, contents, alive = std::weak_ptr(alive_)] {
            parts_.faults.reach("image-template-copied");
            published_.emplace(making_->made.publish(contents));
            parts_.faults.reach("image-template-published");
            parts_.loop.post([this, alive] {
                if (!alive.expired()) on_published();
            });
        });
    } catch (const std::system_error& error) {
        making_.reset();
        warn(Error(error.code(), error.what()));
    }
}

// The template is there, or about to be. Whoever removes it meanwhile removes this file's name.
void ImageTemplate::on_wrote(const std::vector<PageRun>& runs) {
    if (runs.empty()) return;
    const std::string text = templates::written_text(runs);
    if (const auto noted = pwrite_full(written_.get(), std::as_bytes(std::span(text)), 0); !noted)
        log::warning("the template's written pages: " + noted.error().message());
    written_.reset();
}

void ImageTemplate::on_published() {
    publisher_.join();
    if (!*published_) warn(published_->error());
    making_.reset();
}

}  // namespace bulkhead::engine
