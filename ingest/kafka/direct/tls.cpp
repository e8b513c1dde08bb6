#include "ingest/kafka/direct/tls.hpp"

#include <array>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include "ingest/source.hpp"

namespace sluice {
namespace {

struct FreeOpenSsl {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, FreeOpenSsl>;
using Certificate = std::unique_ptr<X509, FreeOpenSsl>;
using Key = std::unique_ptr<EVP_PKEY, FreeOpenSsl>;

void check(bool good, const std::string& property) {
  if (!good) {
    throw SourceError("kafka: property " + property + ": " + tls_problem());
  }
}

Bio text_of_pem(const std::string& pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Certificate next_certificate(BIO* text) {
  return Certificate(PEM_read_bio_X509(text, nullptr, nullptr, nullptr));
}

void trust(SSL_CTX* context, const TlsSettings& settings) {
  if (!settings.ca_location.empty()) {
    struct stat status {};
    const bool folder =
        ::stat(settings.ca_location.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
    const char* const path = settings.ca_location.c_str();
    check(SSL_CTX_load_verify_locations(context, folder ? nullptr : path,
                                        folder ? path : nullptr) == 1,
          "ssl.ca.location");
  }
  if (!settings.ca_pem.empty()) {
    const Bio text = text_of_pem(settings.ca_pem);
    Certificate certificate = next_certificate(text.get());
    check(certificate != nullptr, "ssl.ca.pem");
    for (; certificate; certificate = next_certificate(text.get())) {
      check(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get()) == 1,
            "ssl.ca.pem");
    }
    ERR_clear_error();  // reading ends with the failure to find another one
  } else if (settings.ca_location.empty()) {
    check(SSL_CTX_set_default_verify_paths(context) == 1, "ssl.ca.location");
  }
}

void use_certificate(SSL_CTX* context, const TlsSettings& settings) {
  if (!settings.certificate_location.empty()) {
    check(SSL_CTX_use_certificate_chain_file(context, settings.certificate_location.c_str()) == 1,
          "ssl.certificate.location");
  } else if (!settings.certificate_pem.empty()) {
    const Bio text = text_of_pem(settings.certificate_pem);
    const Certificate own = next_certificate(text.get());
    check(own && SSL_CTX_use_certificate(context, own.get()) == 1, "ssl.certificate.pem");
    for (Certificate next = next_certificate(text.get()); next;
         next = next_certificate(text.get())) {
      check(SSL_CTX_add1_chain_cert(context, next.get()) == 1, "ssl.certificate.pem");
    }
    ERR_clear_error();
  }
}

void use_key(SSL_CTX* context, const TlsSettings& settings) {
  const bool from_file = !settings.key_location.empty();
  if (!from_file && settings.key_pem.empty()) {
    return;
  }
  const std::string property = from_file ? "ssl.key.location" : "ssl.key.pem";
  const Bio text(from_file ? Bio(BIO_new_file(settings.key_location.c_str(), "r"))
                           : text_of_pem(settings.key_pem));
  check(text != nullptr, property);
  // Without a password an encrypted key must not ask on the terminal.
  void* const password = const_cast<char*>(settings.key_password.c_str());
  const Key key(PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, password));
  check(key && SSL_CTX_use_PrivateKey(context, key.get()) == 1, property);
}

bool is_an_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

}  // namespace

void TlsContext::Free::operator()(SSL* session) const noexcept { SSL_free(session); }
void TlsContext::Free::operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }

TlsContext::TlsContext(const TlsSettings& settings)
    : context_(SSL_CTX_new(TLS_client_method())),
      verify_host_(settings.verify && settings.verify_host) {
  SSL_CTX* const context = context_.get();
  check(context != nullptr, "security.protocol");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // A peer that closes without saying so has closed, which the protocol's lengths make safe.
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_verify(context, settings.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (settings.verify) {
    trust(context, settings);
  }
  use_certificate(context, settings);
  use_key(context, settings);
  if (!settings.cipher_suites.empty()) {
    check(SSL_CTX_set_cipher_list(context, settings.cipher_suites.c_str()) == 1,
          "ssl.cipher.suites");
  }
}

TlsContext::Session TlsContext::connect(int socket, const std::string& host) const {
  Session session(SSL_new(context_.get()));
  if (!session) {
    throw SourceError("kafka: " + tls_problem());
  }
  SSL_set_fd(session.get(), socket);
  SSL_set_connect_state(session.get());
  const bool address = is_an_address(host);
  if (!address) {
    SSL_set_tlsext_host_name(session.get(), host.c_str());
  }
  if (verify_host_) {
    X509_VERIFY_PARAM* const wanted = SSL_get0_param(session.get());
    if (address) {
      X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str());
    } else {
      X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size());
    }
  }
  return session;
}

std::string tls_problem() {
  std::array<char, 256> text{};
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  if (error == 0) {
    return "the connection was closed";
  }
  ERR_error_string_n(error, text.data(), text.size());
  return text.data();
}

}  // namespace sluice
