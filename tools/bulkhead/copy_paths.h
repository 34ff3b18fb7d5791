// Which file goes where in `cp`, after docker's rules (docs.docker.com, "docker container cp"): a
// path's end ("/", "/.") says whether it means a directory, or what is in one. Thread: any.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace bulkhead::cli {

// "web:/etc" is a path of the container web; what begins with "/" or "." is one of ours.
struct CopyArgument {
    std::string container;  // empty: ours
    std::string path;
};

CopyArgument parse_copy_argument(const std::string& argument);

// Without "." and "..", repeated slashes and a slash at the end; what is there decides nothing.
std::string clean_path(const std::string& path);

// "/a/b/" and "/a/b/." mean a directory.
[[nodiscard]] bool asserts_directory(const std::string& path);
// "/a/." means what is in it.
[[nodiscard]] bool names_content(const std::string& path);

// The directory a path is in and its name there; its name is "." when it means a directory's
// content.
struct SplitPath {
    std::string directory;
    std::string name;
};

SplitPath split_path(const std::string& path);

// A link's target, from where the link is.
std::string resolve_link(const std::string& path, const std::string& target);

// One side of a copy, as it is found.
struct CopySide {
    std::string path;
    bool exists = false;
    bool directory = false;
};

// Where the copy is put together: into `directory`, under `name` ("." for the content alone).
struct CopyPlan {
    std::string directory;
    std::string name;
};

// `name` is what the source is called: with -L a link's own name. An error in docker's words when
// it cannot go there.
Result<CopyPlan> plan_copy(const CopySide& source, const std::string& name,
                           const CopySide& destination);

}  // namespace bulkhead::cli
