// A container that is prepared while it is not known yet whose it will be, and started later.
#include <csignal>

#include <catch2/catch.hpp>

#include "proto/agent.pb.h"
#include "proto/ports.h"
#include "tests/integration/agent/agent_fixture.h"

namespace bulkhead::agent::test {
namespace {

// What is prepared in place of a container of the same image: nothing in it is what is started.
v1::StartRequest template_of(v1::StartRequest request) {
    request.set_container_id("prepared");
    request.mutable_spec()->set_hostname("prepared");
    auto& process = *request.mutable_spec()->mutable_process();
    process.clear_args();
    process.add_args("/bin/false");
    process.clear_env();
    process.add_env("PATH=/bin");
    process.clear_user();
    process.clear_console_size();
    for (auto& file : *request.mutable_files()) file.set_content("prepared, and longer\n");
    return request;
}

v1::StartRequest prepared(v1::StartRequest request) {
    request.set_prepared(true);
    return request;
}

void add_file(v1::StartRequest& request, const std::string& path, const std::string& content) {
    auto& file = *request.add_files();
    file.set_path(path);
    file.set_content(content);
    file.set_mode(0644);
}

Answer<LaunchResult> answer_to_prepare(AgentFixture& agent, const v1::StartRequest& request) {
    std::optional<Answer<LaunchResult>> answer;
    agent.supervisor->prepare(request,
                              [&](Answer<LaunchResult> given) { answer = std::move(given); });
    agent.until([&] { return answer.has_value(); });
    return *std::move(answer);
}

void prepare(AgentFixture& agent, const v1::StartRequest& request) {
    const auto answer = answer_to_prepare(agent, request);
    if (const auto* refusal = std::get_if<Refusal>(&answer)) FAIL(refusal->message);
    const auto& failure = std::get<LaunchResult>(answer).failure;
    if (failure) FAIL(failure->message);
}

// "" when it was not.
std::string refused(const Answer<LaunchResult>& answer) {
    const auto* refusal = std::get_if<Refusal>(&answer);
    return refusal == nullptr ? "" : refusal->message;
}

std::string refused_start(AgentFixture& agent, const v1::StartRequest& request) {
    std::optional<Answer<LaunchResult>> answer;
    agent.supervisor->start(request,
                            [&](Answer<LaunchResult> given) { answer = std::move(given); });
    agent.until([&] { return answer.has_value(); });
    return refused(*answer);
}

v1::StartRequest on_terminal(const std::string& script) {
    auto request = AgentFixture::shell(script);
    request.mutable_spec()->mutable_process()->set_terminal(true);
    request.mutable_streams()->set_stdin_port(kInput);
    request.mutable_streams()->set_stderr_port(0);
    return request;
}

TEST_CASE("preparing: what makes a container its own comes with the start") {
    AgentFixture agent;
    auto request = AgentFixture::shell(
        "echo $0 $1; id -u; echo $HOME $MINE; hostname; cat /etc/hostname; umask; ulimit -n; "
        "echo errors >&2; exit 7");
    auto& process = *request.mutable_spec()->mutable_process();
    process.add_args("zero");
    process.add_args("one");
    process.add_env("MINE=secret");
    process.mutable_user()->set_username("app");
    process.mutable_user()->set_umask(0077);
    auto& limit = *process.add_rlimits();
    limit.set_type("RLIMIT_NOFILE");
    limit.set_soft(100);
    limit.set_hard(200);
    request.mutable_spec()->set_hostname("own");
    add_file(request, "/etc/hostname", "own\n");
    prepare(agent, template_of(request));
    // Streams come with the start too.
    CHECK(agent.dialer.host_ends.empty());

    const auto outcome = agent.run(prepared(request));
    REQUIRE_FALSE(outcome.failure);
    CHECK(outcome.output == "zero one\n1000\n/home/app secret\nown\nown\n0077\n100\n");
    CHECK(outcome.errors == "errors\n");
    CHECK(outcome.status.code == 7);
}

TEST_CASE("preparing: standard input is the start's, and its end is seen") {
    AgentFixture agent;
    auto request = AgentFixture::shell("cat; echo end");
    request.mutable_streams()->set_stdin_port(kInput);
    prepare(agent, template_of(request));
    CHECK(agent.run(prepared(request), "some\nwords\n").output == "some\nwords\nend\n");
    AgentFixture other;
    request = AgentFixture::shell("cat; readlink /proc/self/fd/0");
    prepare(other, template_of(request));
    CHECK(other.run(prepared(request)).output == "/dev/null\n");
}

TEST_CASE("preparing: a terminal is there from the start on, with the start's size") {
    AgentFixture agent;
    auto request = on_terminal(
        "tty; stty size; echo console >/dev/console; trap 'exit 8' INT; read line; "
        "echo got $line; while true; do sleep 0.05; done");
    auto& size = *request.mutable_spec()->mutable_process()->mutable_console_size();
    size.set_height(33);
    size.set_width(101);
    const bool read_only = GENERATE(false, true);
    request.mutable_spec()->set_root_readonly(read_only);
    prepare(agent, template_of(request));
    REQUIRE_FALSE(agent.start(prepared(request)).failure);
    agent.until_output(kOutput, "console\r\n");
    CHECK(agent.received(kOutput) == "/dev/pts/0\r\n33 101\r\nconsole\r\n");
    agent.send(kInput, "words\n");
    agent.until_output(kOutput, "got words");
    agent.send(kInput, "\x03");
    CHECK(agent.wait("init").status.code == 8);
}

TEST_CASE("preparing: files in a read-only root are the start's, and stay read-only") {
    AgentFixture agent;
    auto request = AgentFixture::shell(
        "cat /etc/hostname /etc/hosts; for each in /etc/hostname /etc/hosts /new; do "
        "(echo x >$each) 2>/dev/null || echo $each is read-only; done");
    request.mutable_spec()->set_root_readonly(true);
    add_file(request, "/etc/hostname", "own\n");
    add_file(request, "/etc/hosts", "");
    prepare(agent, template_of(request));
    CHECK(agent.run(prepared(request)).output ==
          "own\n/etc/hostname is read-only\n/etc/hosts is read-only\n/new is read-only\n");
}

TEST_CASE("preparing: a start that names no host keeps the machine's") {
    AgentFixture agent;
    const auto request = AgentFixture::shell("hostname");
    prepare(agent, template_of(request));
    CHECK(agent.run(prepared(request)).output == "prepared\n");
}

TEST_CASE("preparing: what cannot be executed fails the start, with its class") {
    AgentFixture agent;
    auto request = AgentFixture::command({"/nothing"});
    prepare(agent, template_of(request));
    const auto outcome = agent.run(prepared(request));
    REQUIRE(outcome.failure);
    CHECK(outcome.failure->kind == FailureClass::NotFound);
    CHECK_FALSE(agent.supervisor->may_move());
}

TEST_CASE("preparing: a program that is not there for its template is for its start") {
    AgentFixture agent;
    const auto request = AgentFixture::shell("echo started");
    auto first = template_of(request);
    first.mutable_spec()->mutable_process()->set_args(0, "/nothing");
    first.mutable_spec()->mutable_process()->mutable_user()->set_username("nobody-at-all");
    prepare(agent, first);
    CHECK(agent.run(prepared(request)).output == "started\n");
}

TEST_CASE("preparing: with an init, the program is its child") {
    AgentFixture agent;
    auto request = AgentFixture::shell("echo $$");
    request.set_init(true);
    prepare(agent, template_of(request));
    // It was prepared with one.
    request.set_init(false);
    CHECK(agent.run(prepared(request)).output == "2\n");
}

TEST_CASE("preparing: what was prepared stays, whatever a start says of it") {
    AgentFixture agent;
    auto request = AgentFixture::shell(
        "pwd; test -e /extra || echo no mount; touch /new && echo writable; "
        "cat /proc/self/oom_score_adj; test -t 1 || echo no terminal");
    request.mutable_streams()->set_stderr_port(0);
    auto& process = *request.mutable_spec()->mutable_process();
    process.set_cwd("/srv/prepared");
    process.set_oom_score_adj(100);
    prepare(agent, template_of(request));

    process.set_cwd("/tmp");
    process.set_oom_score_adj(200);
    process.set_terminal(true);
    request.mutable_spec()->set_root_readonly(true);
    request.mutable_root()->set_lower_serial("another");
    auto& mount = *request.mutable_spec()->add_mounts();
    mount.set_destination("/extra");
    mount.set_type("tmpfs");
    CHECK(agent.run(prepared(request)).output ==
          "/srv/prepared\nno mount\nwritable\n100\nno terminal\n");
}

TEST_CASE("preparing: a terminal that was prepared is one, whatever a start says") {
    AgentFixture agent;
    auto request = on_terminal("tty");
    prepare(agent, template_of(request));
    request.mutable_spec()->mutable_process()->set_terminal(false);
    CHECK(agent.run(prepared(request)).output == "/dev/pts/0\r\n");
}

TEST_CASE("preparing: another host may come while it is prepared, and then no more") {
    AgentFixture agent;
    const auto request = AgentFixture::shell("sleep 1000");
    CHECK_FALSE(agent.supervisor->may_move());
    prepare(agent, template_of(request));
    CHECK(agent.supervisor->may_move());
    // Nothing but a start that goes through changes that.
    CHECK_FALSE(refused_start(agent, request).empty());
    CHECK(agent.supervisor->may_move());
    REQUIRE_FALSE(agent.start(prepared(request)).failure);
    CHECK_FALSE(agent.supervisor->may_move());
}

TEST_CASE("preparing: it is started once, and by a start that knows of it") {
    AgentFixture agent;
    auto request = AgentFixture::shell("echo started; sleep 1000");
    add_file(request, "/etc/hosts", "own\n");
    add_file(request, "/etc/hostname", "own\n");
    prepare(agent, template_of(request));
    CHECK(refused_start(agent, request) == "the container was prepared already");
    CHECK(refused(answer_to_prepare(agent, request)) == "the container was started already");

    constexpr const char* kOtherFiles = "the container was prepared with other files";
    auto other = prepared(request);
    other.mutable_files()->RemoveLast();
    CHECK(refused_start(agent, other) == kOtherFiles);
    other = prepared(request);
    other.mutable_files()->SwapElements(0, 1);
    CHECK(refused_start(agent, other) == kOtherFiles);
    other = prepared(request);
    add_file(other, "/etc/more", "");
    CHECK(refused_start(agent, other) == kOtherFiles);

    other = prepared(request);
    other.set_generation(protocol::kGeneration + 1);
    CHECK_THAT(refused_start(agent, other), Catch::Contains("generation"));
    other = prepared(request);
    other.mutable_spec()->set_hostname(std::string(1000, 'x'));
    CHECK_THAT(refused_start(agent, other), Catch::Contains("hostname"));

    // None of these has used it up.
    CHECK_FALSE(agent.start(prepared(request)).failure);
    agent.until_output(kOutput, "started");
    CHECK(refused_start(agent, prepared(request)) == "the container was started already");
    CHECK(refused_start(agent, request) == "the container was started already");
}

TEST_CASE("preparing: nothing is started before it is prepared") {
    AgentFixture agent;
    const auto request = AgentFixture::shell("echo started");
    std::optional<Answer<LaunchResult>> answer;
    agent.supervisor->prepare(template_of(request),
                              [&](Answer<LaunchResult> given) { answer = std::move(given); });
    REQUIRE_FALSE(answer);
    CHECK(refused_start(agent, prepared(request)) == "the container is being prepared or started");
    agent.until([&] { return answer.has_value(); });
    CHECK(refused(*answer).empty());
    CHECK(agent.run(prepared(request)).output == "started\n");
}

TEST_CASE("preparing: a prepared start where nothing was prepared is an ordinary one") {
    AgentFixture agent;
    auto request = AgentFixture::shell("hostname; cat /etc/hostname; pwd");
    request.mutable_spec()->set_hostname("own");
    request.mutable_spec()->mutable_process()->set_cwd("/srv/made");
    add_file(request, "/etc/hostname", "own\n");
    CHECK(agent.run(prepared(request)).output == "own\nown\n/srv/made\n");
    CHECK_FALSE(agent.supervisor->may_move());
}

TEST_CASE("preparing: a container with hooks, or none at all, is refused") {
    AgentFixture agent;
    const auto request = AgentFixture::shell("echo started");
    auto hooked = request;
    auto& hooks = *hooked.mutable_spec()->mutable_hooks();
    const int which = GENERATE(0, 1, 2, 3);
    auto* hook = which == 0   ? hooks.add_create_container()
                 : which == 1 ? hooks.add_start_container()
                 : which == 2 ? hooks.add_poststart()
                              : hooks.add_poststop();
    hook->set_path("/bin/true");
    CHECK(refused(answer_to_prepare(agent, hooked)) == "a container that cannot be prepared");
    auto maintained = request;
    maintained.set_maintenance(true);
    CHECK(refused(answer_to_prepare(agent, maintained)) == "a container that cannot be prepared");
    auto invalid = request;
    invalid.mutable_root()->clear_lower_serial();
    CHECK_THAT(refused(answer_to_prepare(agent, invalid)), Catch::Contains("lower serial"));
    // Nothing was begun.
    CHECK(agent.run(request).output == "started\n");
}

TEST_CASE("preparing: what fails is told, and nothing can be started then") {
    AgentFixture agent;
    auto request = AgentFixture::shell("echo started");
    auto& mount = *request.mutable_spec()->add_mounts();
    mount.set_destination("/extra");
    mount.set_type("no-such-file-system");
    const auto answer = answer_to_prepare(agent, request);
    CHECK(refused(answer).empty());
    const auto& failure = std::get<LaunchResult>(answer).failure;
    REQUIRE(failure);
    CHECK_THAT(failure->message, Catch::Contains("/extra"));
    CHECK_FALSE(agent.supervisor->may_move());
    CHECK(refused_start(agent, prepared(request)) == "the container was started already");
}

TEST_CASE("preparing: one that is killed while it waits fails the start") {
    AgentFixture agent;
    const auto request = AgentFixture::shell("echo started");
    prepare(agent, template_of(request));
    REQUIRE(std::holds_alternative<Done>(agent.supervisor->signal_all(SIGKILL)));
    SECTION("before the agent knows") {
        CHECK(agent.start(prepared(request)).failure);
    }
    SECTION("and the agent knows") {
        agent.until([&] { return !agent.supervisor->may_move(); });
        CHECK(refused_start(agent, prepared(request)) == "the container was started already");
    }
    CHECK_FALSE(agent.supervisor->may_move());
    CHECK(agent.received(kOutput).empty());
}

TEST_CASE("preparing: a shutdown ends it") {
    AgentFixture agent;
    prepare(agent, template_of(AgentFixture::shell("echo started")));
    std::optional<Answer<Done>> answer;
    agent.supervisor->shutdown([&](Answer<Done> given) { answer = std::move(given); });
    agent.until([&] { return answer.has_value(); });
    CHECK(std::holds_alternative<Done>(*answer));
    CHECK(agent.root.unmounted());
    agent.until([&] { return !agent.supervisor->may_move(); });
}

TEST_CASE("preparing: it does not run yet, for who wants something of it") {
    AgentFixture agent;
    const auto request = AgentFixture::shell("echo started; sleep 1000");
    prepare(agent, template_of(request));
    std::optional<Answer<LaunchResult>> launched;
    agent.supervisor->exec(AgentFixture::exec_shell("early", "true"),
                           [&](Answer<LaunchResult> given) { launched = std::move(given); });
    REQUIRE(launched);
    CHECK(refused(*launched) == "the container does not run");
    CHECK(std::get<Refusal>(agent.supervisor->signal("init", SIGTERM)).kind ==
          Refusal::Kind::NotFound);
    std::optional<Answer<Done>> held;
    agent.supervisor->hold([&](Answer<Done> given) { held = std::move(given); });
    REQUIRE(held);
    CHECK(std::get<Refusal>(*held).message == "the container does not run");
    std::optional<Answer<Done>> released;
    agent.supervisor->release({}, [&](Answer<Done> given) { released = std::move(given); });
    REQUIRE(released);
    CHECK(std::get<Refusal>(*released).message == "the container was not held");
    std::optional<Answer<WaitResult>> waited;
    agent.supervisor->wait("init", [&](Answer<WaitResult> given) { waited = std::move(given); });
    REQUIRE(waited);
    CHECK(std::get<Refusal>(*waited).kind == Refusal::Kind::NotFound);
    // And nothing of that has hurt it.
    REQUIRE_FALSE(agent.start(prepared(request)).failure);
    agent.until_output(kOutput, "started");
}

TEST_CASE("preparing: once started it is as any other") {
    AgentFixture agent;
    auto request =
        AgentFixture::shell("trap 'exit 8' TERM; echo up; while true; do sleep 0.05; done");
    request.mutable_spec()->set_hostname("own");
    add_file(request, "/etc/hostname", "own\n");
    prepare(agent, template_of(request));
    const auto result = agent.start(prepared(request));
    REQUIRE_FALSE(result.failure);
    CHECK(result.pid > 0);
    agent.until_output(kOutput, "up");
    CHECK(agent.run_exec(AgentFixture::exec_shell("one", "hostname; cat /etc/hostname")).output ==
          "own\nown\n");
    CHECK(std::holds_alternative<Done>(agent.supervisor->signal("init", SIGTERM)));
    CHECK(agent.wait("init").status.code == 8);
}

}  // namespace
}  // namespace bulkhead::agent::test
