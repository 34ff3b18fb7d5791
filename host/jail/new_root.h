// Making another file system the root directory, in two steps. For a process in a mount namespace
// of its own; async-signal-safe. false: errno says why.
#pragma once

namespace bulkhead::jail {

// Nothing that is mounted elsewhere comes in from now on, nor gets ours out.
bool keep_mounts_private();

// Puts the mount over the root directory: it can be built up now, and paths still lead to the old
// one.
bool attach_root(int mount);

// Makes it the root and the working directory, and detaches everything else.
bool switch_root(int mount);

}  // namespace bulkhead::jail
