// bulkhead stats: what containers use, once or again and again.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <list>
#include <memory>

#include "base/event_loop.h"
#include "host/engine/client.h"
#include "host/engine/reach.h"
#include "proto/supervisor.pb.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/usage_table.h"

namespace bulkhead::cli {

namespace {

constexpr std::size_t kShortIdLength = 12;
constexpr std::chrono::seconds kRound{1};
// A guest that does not answer does not hold up the others.
constexpr std::chrono::seconds kPatience{10};

struct StatsFlags {
    bool all = false;
    bool no_stream = false;
    bool no_trunc = false;
    std::string format;
    Words containers;
};

class Watch {
  public:
    Watch(EventLoop& loop, const state::StateStore& store, state::Record record)
        : loop_(loop), store_(store), record_(std::move(record)) {}

    [[nodiscard]] const state::Record& record() const { return record_; }

    [[nodiscard]] bool waiting() const { return waiting_; }

    // `done` is called when the answer is there, or at once when none will come.
    void ask(const std::function<void()>& done) {
        if (waiting_) return;
        usage_.before = usage_.now;
        usage_.now.reset();
        if (!client_) connect();
        if (!client_) return;
        waiting_ = true;
        supervisor::v1::Request request;
        request.mutable_statistics();
        client_->call(std::move(request), [this, done](auto reply, auto) {
            waiting_ = false;
            if (reply) {
                usage_.now = usage_of((*reply)->statistics());
            } else {
                // It has ended, perhaps to start again: not from within its own callback.
                loop_.post([this] { client_.reset(); });
            }
            done();
        });
    }

    [[nodiscard]] ContainerUsage usage(bool whole_id) const {
        ContainerUsage usage = usage_;
        usage.id = whole_id ? record_.id : record_.id.substr(0, kShortIdLength);
        usage.name = record_.name;
        return usage;
    }

  private:
    void connect() {
        if (auto connection = engine::connect_supervisor(store_, record_))
            client_ = std::make_unique<engine::Client>(loop_, *std::move(connection));
    }

    EventLoop& loop_;
    const state::StateStore& store_;
    state::Record record_;
    std::unique_ptr<engine::Client> client_;
    ContainerUsage usage_;
    bool waiting_ = false;
};

class Stats {
  public:
    Stats(const state::StateStore& store, const StatsFlags& flags) : store_(store), flags_(flags) {}

    Result<int> run() {
        if (!flags_.containers.empty()) {
            for (const std::string& name : flags_.containers)
                watches_.emplace_back(loop_, store_, TRY(store_.find(name)));
        }
        round();
        if (flags_.no_stream) {
            rest();
            round();
            show();
            return kExitOk;
        }
        for (;;) {
            show();
            if (!std::cout) return kExitOk;  // nobody reads it any more
            rest();
            round();
        }
    }

  private:
    // Without names: those that run now, or all.
    void refresh() {
        if (!flags_.containers.empty()) return;
        const auto records = store_.list();
        const auto wanted = [&](const state::Record& record) {
            return flags_.all || state::is_live(record.status);
        };
        watches_.remove_if([&](const Watch& watch) {
            return std::none_of(records.begin(), records.end(), [&](const auto& record) {
                return record.id == watch.record().id && wanted(record);
            });
        });
        for (const auto& record : records) {
            const bool known =
                std::any_of(watches_.begin(), watches_.end(),
                            [&](const Watch& watch) { return watch.record().id == record.id; });
            if (!known && wanted(record)) watches_.emplace_back(loop_, store_, record);
        }
    }

    void round() {
        refresh();
        for (Watch& watch : watches_) {
            watch.ask([this] {
                if (none_waits()) loop_.stop();
            });
        }
        if (none_waits()) return;
        const auto timer = loop_.after(kPatience, [this] { loop_.stop(); });
        loop_.run();
    }

    [[nodiscard]] bool none_waits() const {
        return std::none_of(watches_.begin(), watches_.end(),
                            [](const Watch& watch) { return watch.waiting(); });
    }

    void rest() {
        const auto timer = loop_.after(kRound, [this] { loop_.stop(); });
        loop_.run();
    }

    void show() const {
        std::vector<ContainerUsage> all;
        for (const Watch& watch : watches_) all.push_back(watch.usage(flags_.no_trunc));
        std::string text;
        if (flags_.format == "json") {
            for (const ContainerUsage& usage : all) text += usage_json(usage) + "\n";
        } else {
            text = table(usage_rows(all));
        }
        // Back to the top, and the rest of the screen cleared.
        const bool redraw = !flags_.no_stream && ::isatty(STDOUT_FILENO) != 0;
        std::cout << (redraw ? "\x1b[H\x1b[2J" : "") << text << std::flush;
    }

    const state::StateStore& store_;
    const StatsFlags& flags_;
    EventLoop loop_;
    std::list<Watch> watches_;
};

int stats(const Context& context, const Words& words) {
    StatsFlags flags;
    const Parsed parsed =
        parse_command(kStatsCommand, words,
                      {{"all", 'a', "", "containers that do not run, too", store(flags.all)},
                       {"no-stream", '\0', "", "show it once", store(flags.no_stream)},
                       {"no-trunc", '\0', "", "show whole ids", store(flags.no_trunc)},
                       {"format", '\0', "FORMAT", "table or json", store(flags.format)}});
    if (!parsed.go_on) return parsed.exit_code;
    flags.containers = parsed.arguments;
    if (!flags.format.empty() && flags.format != "table" && flags.format != "json")
        return usage_error(kStatsCommand, "--format takes table or json");
    const auto store = state::StateStore::open(context.paths);
    if (!store) return fail(kExitFailure, store.error().message());
    const auto code = Stats(*store, flags).run();
    return code ? *code : fail(kExitFailure, code.error().message());
}

}  // namespace

const Command kStatsCommand = {"stats",
                               "stats [FLAGS] [CONTAINER...]",
                               "Show what running containers use",
                               "bulkhead stats --no-stream web",
                               kExitFailure,
                               stats};

}  // namespace bulkhead::cli
