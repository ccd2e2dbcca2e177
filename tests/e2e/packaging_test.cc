// What packaging/ has for several machines: units, Kubernetes manifests, certificates. Nothing in
// them may name what is not there.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

#include "support/process.h"

namespace streamhost::testing {
namespace {

namespace fs = std::filesystem;

const std::string kPackaging = STREAMHOST_SOURCE_DIR "/packaging/";
const std::string kYaml = kPackaging + "kubernetes/streamhost.yaml";
const std::string kUnit = kPackaging + "systemd/streamhost@.service";
const std::string kToken = "STREAMHOST_CLUSTER_TOKEN=0123456789abcdef";

bool is_there(const std::string& program) {
  return run({"sh", "-c", "command -v " + program + " > /dev/null"}).status == 0;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::set<std::string> matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) {
    found.insert((*it)[it->size() - 1]);
  }
  return found;
}

// The lines that call streamhost, in the files that people copy from.
std::string calls() {
  std::string all;
  for (const std::string& file :
       {kYaml, kUnit, kPackaging + "cluster/README.md", kPackaging + "systemd/README.md",
        kPackaging + "kubernetes/README.md", std::string(STREAMHOST_SOURCE_DIR "/README.md")}) {
    for (const std::string& line : lines_of(read_file(file))) {
      const bool call = std::regex_search(line, std::regex("(^ *|=/usr/bin/)streamhost -|args: "));
      if (call) all += line + '\n';
    }
  }
  return all;
}

TEST(Packaging, NamesNoFlagThatIsNotThere) {
  const std::string help = streamhost({"--help"}).out;
  const std::set<std::string> flags = matches(calls(), "(--[a-z][a-z-]+)");
  EXPECT_TRUE(flags.contains("--manifest"));
  EXPECT_TRUE(flags.contains("--processes"));
  for (const std::string& flag : flags) {
    EXPECT_TRUE(std::regex_search(help, std::regex(flag + "[ =]"))) << flag;
  }
  for (const std::string& flag : matches(calls(), " (-[a-z]) ")) {
    EXPECT_NE(help.find("\n  " + flag + ","), help.npos) << flag;
  }
}

TEST(Packaging, NamesNoVariableThatIsNotThere) {
  const std::string reference = read_file(STREAMHOST_SOURCE_DIR "/host/manifest/README.md");
  std::string text;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kPackaging)) {
    if (entry.is_regular_file()) text += read_file(entry.path());
  }
  const std::set<std::string> variables = matches(text, "(STREAMHOST_[A-Z_]+)");
  EXPECT_TRUE(variables.contains("STREAMHOST_CLUSTER_TOKEN"));
  for (const std::string& variable : variables) {
    EXPECT_NE(reference.find("`" + variable + "`"), reference.npos) << variable;
  }
}

TEST(Unit, HasOnlySectionsCommentsAndSettings) {
  std::set<std::string> sections;
  for (const std::string& line : lines_of(read_file(kUnit))) {
    if (line.empty() || line.front() == '#') continue;
    std::smatch match;
    if (std::regex_match(line, match, std::regex("\\[(Unit|Service|Install)\\]"))) {
      EXPECT_TRUE(sections.insert(match[1]).second) << line;
    } else {
      EXPECT_TRUE(std::regex_match(line, std::regex("[A-Z][A-Za-z]+=.*"))) << line;
    }
  }
  EXPECT_EQ(sections, (std::set<std::string>{"Unit", "Service", "Install"}));
}

TEST(Unit, IsOneThatSystemdTakes) {
  if (!is_there("systemd-analyze")) GTEST_SKIP() << "NOT CHECKED: there is no systemd-analyze";
  const TempDir folder;
  std::string unit = read_file(kUnit);
  const std::string program = "/usr/bin/streamhost ";
  ASSERT_NE(unit.find(program), unit.npos);
  unit.replace(unit.find(program), program.size(), streamhost_path() + " ");
  const RunResult checked = run(
      {"systemd-analyze", "verify", "--man=no", folder.write("streamhost@visits.service", unit)});
  EXPECT_EQ(checked.status, 0);
  // It speaks of the machine's other units as well.
  EXPECT_EQ(checked.err.find("streamhost@"), checked.err.npos) << checked.err;
}

// The block under `job.toml: |`.
std::string job_of_the_config_map() {
  std::string job;
  bool in_job = false;
  for (const std::string& line : lines_of(read_file(kYaml))) {
    if (in_job && !line.empty() && !line.starts_with("    ")) break;
    if (in_job) job += (line.empty() ? "" : line.substr(4)) + "\n";
    in_job |= line == "  job.toml: |";
  }
  return job;
}

// What a variable of the container is set to.
std::string variable(const std::string& name) {
  std::smatch match;
  const std::string yaml = read_file(kYaml);
  const bool found =
      std::regex_search(yaml, match, std::regex("name: " + name + "\n +value: \"?([^\"\n]+)"));
  return found ? match[1].str() : "";
}

TEST(Kubernetes, TheJobHasNoMistakes) {
  const TempDir folder;
  RunOptions options;
  options.environment = {kToken, "STREAMHOST_ADDRESSES=" + variable("STREAMHOST_ADDRESSES"),
                         "STREAMHOST_WORKERS=" + variable("STREAMHOST_WORKERS")};
  const std::string manifest = folder.write("job.toml", job_of_the_config_map());
  const RunResult checked = streamhost({"check", "--manifest", manifest}, options);
  EXPECT_EQ(checked.status, 0) << checked.err;
  EXPECT_EQ(checked.err, "");
  // It would be open without its secret.
  options.environment.erase(options.environment.begin());
  EXPECT_EQ(streamhost({"check", "--manifest", manifest}, options).status, 2);
}

TEST(Kubernetes, ThereIsAnAddressForEachReplica) {
  std::smatch match;
  const std::string yaml = read_file(kYaml);
  ASSERT_TRUE(std::regex_search(yaml, match, std::regex("\n  replicas: ([0-9]+)")));
  const int replicas = std::stoi(match[1]);
  EXPECT_EQ(variable("STREAMHOST_ADDRESSES"),
            "streamhost-{0.." + std::to_string(replicas - 1) + "}.streamhost:2101");
}

TEST(Kubernetes, TheManifestIsYaml) {
  EXPECT_EQ(read_file(kYaml).find('\t'), std::string::npos);
  if (run({"/usr/bin/python3", "-c", "import yaml"}).status != 0) {
    GTEST_SKIP() << "NOT CHECKED: there is no python3-yaml";
  }
  const RunResult parsed = run(
      {"/usr/bin/python3", "-c",
       "import sys, yaml\n"
       "for d in yaml.safe_load_all(open(sys.argv[1])): print(d['kind'], d['metadata']['name'])",
       kYaml});
  EXPECT_EQ(parsed.status, 0) << parsed.err;
  EXPECT_EQ(parsed.out,
            "ConfigMap streamhost-job\nService streamhost\nStatefulSet streamhost\n"
            "NetworkPolicy streamhost\n");
}

TEST(Certificates, AreGoodForBothSidesAndNameTheirHosts) {
  if (!is_there("openssl")) GTEST_SKIP() << "NOT CHECKED: there is no openssl";
  const TempDir folder;
  const std::string certs = folder / "certs";
  const std::string script = kPackaging + "cluster/certificates";
  RunResult made = run({script, certs, "h0.lan", "10.0.0.3"});
  ASSERT_EQ(made.status, 0) << made.err;
  const std::string authority = read_file(certs + "/ca.pem");
  made = run({script, certs, "h1.lan"});
  ASSERT_EQ(made.status, 0) << made.err;
  EXPECT_EQ(read_file(certs + "/ca.pem"), authority);

  for (const auto& [host, how] : {std::pair{"h0.lan", "-verify_hostname"},
                                  {"h1.lan", "-verify_hostname"},
                                  {"10.0.0.3", "-verify_ip"}}) {
    const std::string file = certs + "/" + host;
    for (const char* purpose : {"sslserver", "sslclient"}) {
      const auto verify = [&](const char* name) {
        return run({"openssl", "verify", "-x509_strict", "-CAfile", certs + "/ca.pem", "-purpose",
                    purpose, how, name, file + ".pem"})
            .status;
      };
      EXPECT_EQ(verify(host), 0) << host;
      EXPECT_NE(verify(std::string(host) == "10.0.0.3" ? "10.0.0.4" : "h2.lan"), 0) << host;
    }
    EXPECT_EQ(fs::status(file + ".key").permissions() & fs::perms(077), fs::perms::none);
  }
  EXPECT_NE(run({script, certs}).status, 0);
}

}  // namespace
}  // namespace streamhost::testing
