#include "manifest/processes.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <climits>
#include <string_view>

#include "base/json_text.h"
#include "manifest/address.h"

namespace streamhost {
namespace {

std::string_view first_label(std::string_view host) { return host.substr(0, host.find('.')); }

// The only address whose host is called so; empty when there is none, or several.
std::optional<uint32_t> id_by_name(const std::vector<std::string>& addresses,
                                   std::string_view name) {
  std::optional<uint32_t> found;
  for (uint32_t id = 0; id < addresses.size(); ++id) {
    const std::string_view host = host_of(addresses[id]);
    if (host != name && first_label(host) != first_label(name)) continue;
    if (found) return std::nullopt;
    found = id;
  }
  return found;
}

// 2 of "streamhost-2", as Kubernetes names the members of a StatefulSet.
std::optional<uint32_t> ordinal(std::string_view name) {
  const std::string_view label = first_label(name);
  const size_t dash = label.rfind('-');
  if (dash == std::string_view::npos || dash + 1 == label.size()) return std::nullopt;
  uint32_t number = 0;
  const char* end = label.data() + label.size();
  const auto [at, error] = std::from_chars(label.data() + dash + 1, end, number);
  if (at != end || error != std::errc()) return std::nullopt;
  return number;
}

// "there are 3 addresses: it must be from 0 to 2".
std::string range(size_t count) {
  if (count == 1) return "there is 1 address: it must be 0";
  return "there are " + std::to_string(count) + " addresses: it must be from 0 to " +
         std::to_string(count - 1);
}

void find_id(const std::string& host_name, RunSettings& run, Diagnostics& diagnostics) {
  if (run.addresses.size() == 1) {
    run.process_id = 0;
  } else if (const auto id = id_by_name(run.addresses, host_name)) {
    run.process_id = *id;
  } else if (const auto number = ordinal(host_name)) {
    run.process_id = *number;
    if (*number >= run.addresses.size()) {
      diagnostics.error({}, "-i is missing, and by the host name " + json_string(host_name) +
                                " it is " + std::to_string(*number) + ", but " +
                                range(run.addresses.size()));
    }
  } else {
    diagnostics.error({}, "-i is missing, and the host name " + json_string(host_name) +
                              " does not end in -N, nor is it that of one of the addresses: say "
                              "which of them is this process, from 0");
  }
}

// Whether this is, for certain, an address that others can reach. What names mean is known where
// they are looked up.
bool is_public(std::string_view address) {
  const std::string host(host_of(address));
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) != 127;
  if (::inet_pton(AF_INET6, host.c_str(), &v6) == 1) return !IN6_IS_ADDR_LOOPBACK(&v6);
  return false;
}

void refuse_open(const Settings& settings, Diagnostics& diagnostics) {
  const ClusterSettings& cluster = settings.cluster;
  if (settings.run.addresses.size() < 2 || cluster.insecure || !cluster.token.empty() ||
      !cluster.tls_cert.empty()) {
    return;
  }
  std::vector<std::string> all = {cluster.listen};
  if (cluster.listen.empty()) all = settings.run.addresses;
  for (const std::string& address : all) {
    if (!is_public(address)) continue;
    diagnostics.error({}, "whoever can reach " + address +
                              " could read and write the records of this job: give [cluster] tls "
                              "or a token, or say insecure = true");
    return;
  }
}

}  // namespace

void find_processes(const std::optional<std::string>& host_name, Settings& settings,
                    Diagnostics& diagnostics) {
  RunSettings& run = settings.run;
  if (!run.hosts.empty()) run.addresses = read_hosts(run.hosts, diagnostics);
  if (diagnostics.has_errors()) return;  // the addresses or the id may be among the mistakes
  if (run.addresses.empty()) {
    if (run.process_id != 0) {
      diagnostics.error({}, "process_id is " + std::to_string(run.process_id) +
                                ", but no addresses are given: name those of all processes");
    }
    return;
  }
  if (!run.process_id_given) {
    if (host_name) find_id(*host_name, run, diagnostics);
  } else if (run.process_id >= run.addresses.size()) {
    diagnostics.error({}, "process_id is " + std::to_string(run.process_id) + ", but " +
                              range(run.addresses.size()));
  }
  refuse_open(settings, diagnostics);
}

std::string own_host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

}  // namespace streamhost
