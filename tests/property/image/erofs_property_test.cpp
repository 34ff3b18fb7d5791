// Whatever tree several layers describe is the tree that is read back from the disk.
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/property/image/tree_model.h"
#include "tests/support/image/composed_image.h"

namespace bulkhead::test {

namespace {

// Few names, so that steps meet each other.
rc::Gen<std::string> any_path() {
    const auto name = rc::gen::weightedElement<std::string>({{6, "a"},
                                                             {6, "b"},
                                                             {4, "c"},
                                                             {1, "." + std::string("hidden")},
                                                             {1, "caf\xc3\xa9"},
                                                             {1, std::string(255, 'n')}});
    return rc::gen::map(
        rc::gen::resize(4, rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(name))),
        [](const std::vector<std::string>& names) {
            std::string path;
            for (const std::string& part : names) path += (path.empty() ? "" : "/") + part;
            return path;
        });
}

rc::Gen<std::string> any_content() {
    return rc::gen::map(
        rc::gen::pair(rc::gen::element<std::size_t>(0, 1, 100, 4095, 4096, 4097, 20000),
                      rc::gen::inRange('a', 'z')),
        [](const std::pair<std::size_t, char>& value) {
            return std::string(value.first, value.second);
        });
}

rc::Gen<std::map<std::string, std::string>> any_xattrs() {
    return rc::gen::resize(
        3, rc::gen::container<std::map<std::string, std::string>>(
               rc::gen::element<std::string>("user.a", "user.long" + std::string(200, 'x'),
                                             "security.capability", "trusted.t"),
               rc::gen::element<std::string>("", "v", std::string("\0\1\2", 3),
                                             std::string(5000, 'v'))));
}

rc::Gen<Step> any_step() {
    return rc::gen::build<Step>(
        rc::gen::set(&Step::action, rc::gen::weightedElement<Action>({{6, Action::Directory},
                                                                      {8, Action::File},
                                                                      {2, Action::Sparse},
                                                                      {2, Action::Symlink},
                                                                      {1, Action::Fifo},
                                                                      {1, Action::Device},
                                                                      {4, Action::HardLink},
                                                                      {4, Action::Whiteout},
                                                                      {2, Action::Opaque}})),
        rc::gen::set(&Step::path, any_path()), rc::gen::set(&Step::other, any_path()),
        rc::gen::set(&Step::content, any_content()),
        rc::gen::set(&Step::mode, rc::gen::element(0644U, 0755U, 04711U, 01777U)),
        rc::gen::set(&Step::uid,
                     rc::gen::element<std::uint32_t>(0, 1000, 65535, 65536, 4294967294)),
        rc::gen::set(&Step::mtime, rc::gen::element<std::int64_t>(0, 1600000000, 1600000001, -1)),
        rc::gen::set(&Step::hole, rc::gen::element<std::uint64_t>(1, 4096, 10000, 1000000)),
        rc::gen::set(&Step::xattrs, any_xattrs()));
}

// A path whose parents are links or files is another matter than these trees.
bool has_plain_parents(const Step& step, const std::vector<std::string>& links) {
    return std::none_of(links.begin(), links.end(), [&](const std::string& link) {
        return step.path.starts_with(link + "/") || step.other.starts_with(link + "/") ||
               (step.action == Action::Opaque && step.path == link);
    });
}

}  // namespace

TEST_CASE("the tree that is written is the tree that is read back") {
    const bool holds = rc::check([] {
        const auto layers =
            *rc::gen::resize(5, rc::gen::container<std::vector<std::vector<Step>>>(rc::gen::resize(
                                    30, rc::gen::container<std::vector<Step>>(any_step()))));
        TreeModel model;
        std::vector<std::string> tars;
        std::vector<std::string> links;
        for (const auto& steps : layers) {
            TarBuilder tar;
            model.begin_layer();
            for (const Step& step : steps) {
                if (!has_plain_parents(step, links)) continue;
                const bool applied = model.apply(step, tar);
                const bool links_to_link =
                    step.action == Action::HardLink &&
                    std::find(links.begin(), links.end(), step.other) != links.end();
                if (applied && (step.action == Action::Symlink || links_to_link)) {
                    links.push_back(step.path);
                }
            }
            tars.push_back(tar.finish());
        }
        const auto composed = compose_layers(tars);
        RC_LOG(composed->error);
        RC_ASSERT(composed->error.empty());
        const auto difference = model.difference(ErofsReader(composed->disk));
        if (difference) RC_FAIL(*difference);
    });
    CHECK(holds);
}

}  // namespace bulkhead::test
