// From a checked `run` command line to everything that a sandbox needs: image, container record,
// spec, disks, kernel, /dev/kvm. Every step that fails leaves nothing behind. Thread: main.
#pragma once

#include "base/result.h"
#include "host/image/image_store.h"
#include "host/sandbox/sandbox.h"
#include "host/state/container.h"
#include "host/state/paths.h"
#include "tools/bulkhead/host_files.h"
#include "tools/bulkhead/run_flags.h"

namespace bulkhead::cli {

// Where the image store is, below Paths::root.
std::string image_store_path(const state::Paths& paths);

// The image, or an error that says how to get one.
Result<image::Image> find_image(const state::Paths& paths, const std::string& reference);

// What the container runs, for lists; empty when there is nothing to run.
Words command_words(const RunFlags& flags, const image::Image& image);

// `flags` is complete: environment and terminal size included.
Result<sandbox::SandboxPlan> make_plan(const RunFlags& flags, const image::Image& image,
                                       const HostFiles& files, const state::Paths& paths,
                                       const state::Container& container);

}  // namespace bulkhead::cli
