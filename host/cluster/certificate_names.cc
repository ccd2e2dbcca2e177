#include "cluster/certificate_names.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "cluster/printable.h"

namespace streamhost::cluster {
namespace {

namespace ip = boost::asio::ip;

constexpr size_t kShown = 5;
constexpr size_t kShownText = 100;  // of a name

std::string_view text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<size_t>(ASN1_STRING_length(string))};
}

// Empty for what names no host.
std::string host_of(const GENERAL_NAME& name) {
  if (name.type == GEN_DNS) return std::string(text_of(name.d.dNSName));
  if (name.type != GEN_IPADD) return {};
  const std::string_view bytes = text_of(name.d.iPAddress);
  if (bytes.size() == 4) {
    ip::address_v4::bytes_type v4;
    std::memcpy(v4.data(), bytes.data(), v4.size());
    return ip::address_v4(v4).to_string();
  }
  if (bytes.size() == 16) {
    ip::address_v6::bytes_type v6;
    std::memcpy(v6.data(), bytes.data(), v6.size());
    return ip::address_v6(v6).to_string();
  }
  return {};
}

std::vector<std::string> hosts_of(X509* certificate) {
  std::vector<std::string> hosts;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  const int count = all ? sk_GENERAL_NAME_num(all.get()) : 0;
  for (int i = 0; i < count; ++i) {
    std::string host = host_of(*sk_GENERAL_NAME_value(all.get(), i));
    if (!host.empty()) hosts.push_back(std::move(host));
  }
  if (!hosts.empty()) return hosts;
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) {
    hosts.emplace_back(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  }
  return hosts;
}

}  // namespace

bool names(X509* certificate, const std::string& host) {
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string plain = brackets ? host.substr(1, host.size() - 2) : host;
  boost::system::error_code no_address;
  ip::make_address(plain, no_address);
  if (!no_address) return X509_check_ip_asc(certificate, plain.c_str(), 0) == 1;
  return X509_check_host(certificate, plain.data(), plain.size(),
                         X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
}

std::string names_of(X509* certificate) {
  const std::vector<std::string> hosts = hosts_of(certificate);
  if (hosts.empty()) return "nobody";
  std::string text;
  for (size_t i = 0; i < hosts.size() && i < kShown; ++i) {
    if (i != 0) text += ", ";
    text += '"' + printable(hosts[i], kShownText) + '"';
  }
  if (hosts.size() > kShown) text += " and " + std::to_string(hosts.size() - kShown) + " more";
  return text;
}

}  // namespace streamhost::cluster
