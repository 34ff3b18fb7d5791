// Dockerfile instructions that change an image's configuration, as `commit --change` takes them:
// CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR
// (docs.docker.com, "Dockerfile reference"). Thread: any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bulkhead::image {

// The "config" object of an image's configuration, changed by the instructions in their order. An
// error names the instruction.
Result<std::string> change_config(std::string_view config_json,
                                  const std::vector<std::string>& instructions);

// The words of an instruction: separated by blanks, with quotes and backslashes as a shell has
// them.
Result<std::vector<std::string>> instruction_words(std::string_view text);

}  // namespace bulkhead::image
