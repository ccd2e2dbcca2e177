#include "manifest/manifest.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/json_text.h"
#include "manifest/read_text.h"
#include "manifest/step.h"
#include "manifest/substitute.h"
#include "manifest/table.h"
#include "manifest/toml_reader.h"

namespace streamhost {
namespace {

constexpr StepKind kStepKinds[] = {StepKind::kSource, StepKind::kOperator, StepKind::kSink};

// Everything under [source], [operator] or [sink].
void read_steps(StepKind kind, const Value& tables, Document& document, Diagnostics& diagnostics) {
  const std::string word = kind_name(kind);
  if (tables.kind != Value::Kind::kTable) {
    diagnostics.error(tables.key_where, word + " must be tables, one for each step: [" + word +
                                            ".ID], not " + kind_name(tables.kind));
    document.incomplete = true;
    return;
  }
  for (const auto& [id, table] : tables.table) {
    if (table.kind == Value::Kind::kTable && is_identifier(id)) {
      document.steps.push_back(read_step(kind, id, table, diagnostics));
      continue;
    }
    document.incomplete = true;
    if (table.kind == Value::Kind::kList && !table.list.empty() &&
        table.list.front().kind == Value::Kind::kTable) {
      diagnostics.error(table.key_where, "a step is one table: write [" + word + "." + id +
                                             "], not [[" + word + "." + id + "]]");
    } else if (table.kind != Value::Kind::kTable) {
      diagnostics.error(table.key_where, "unknown key " + json_string(id) + " in [" + word +
                                             "]: steps have tables of their own, [" + word +
                                             ".ID]");
    } else {
      diagnostics.error(table.key_where,
                        json_string(id) + " is not an id: use a-z, 0-9 and _, a letter first");
    }
  }
}

// Ids are unique in the whole file, not only in their kind; the later one is at fault.
void refuse_double_ids(std::vector<StepSpec>& steps, Diagnostics& diagnostics) {
  std::map<std::string, const StepSpec*> seen;
  for (StepSpec& step : steps) {
    const auto [it, first] = seen.emplace(step.id, &step);
    if (first) continue;
    const StepSpec& other = *it->second;
    diagnostics.error(step.where, "the id \"" + step.id + "\" is taken: [" + kind_name(other.kind) +
                                      "." + other.id + "] at " + other.where.text() + " has it");
  }
}

void read_name(const Value& value, Document& document, Diagnostics& diagnostics) {
  if (!expect_kind(value, Value::Kind::kString, "name", diagnostics)) return;
  if (value.string.empty()) {
    diagnostics.error(value.where, "name is empty");
  } else {
    document.name = value.string;
  }
}

void read_root(const Value& root, Document& document, Diagnostics& diagnostics) {
  std::vector<std::string> tables;
  for (const StepKind kind : kStepKinds) tables.emplace_back(kind_name(kind));
  const std::vector<std::string>& settings = settings_tables();
  tables.insert(tables.end(), settings.begin(), settings.end());

  for (const auto& [key, value] : root.table) {
    const auto kind = std::find_if(std::begin(kStepKinds), std::end(kStepKinds),
                                   [&](StepKind k) { return key == kind_name(k); });
    if (kind != std::end(kStepKinds)) {
      read_steps(*kind, value, document, diagnostics);
    } else if (std::find(settings.begin(), settings.end(), key) != settings.end()) {
      read_settings(key, value, document.folder, document.settings, diagnostics);
    } else if (key == "name") {
      read_name(value, document, diagnostics);
    } else if (value.kind == Value::Kind::kTable || value.kind == Value::Kind::kList) {
      document.incomplete = true;
      diagnostics.error(value.key_where,
                        "unknown table " + json_string(key) + did_you_mean(key, tables));
    } else {
      diagnostics.error(value.key_where, "unknown key " + json_string(key) +
                                             " outside of all tables" +
                                             did_you_mean(key, {"name"}));
    }
  }
}

}  // namespace

Document parse_manifest(std::string_view text, const std::filesystem::path& path,
                        const Environment& environment, Diagnostics& diagnostics) {
  Document document;
  document.file = std::make_shared<const std::string>(path.string());
  document.folder = path.parent_path().empty() ? "." : path.parent_path();
  document.name = path.stem();
  std::optional<Value> root = read_toml(text, document.file, diagnostics);
  if (!root) return document;
  document.readable = true;
  substitute(*root, document.folder, environment, diagnostics);
  read_root(*root, document, diagnostics);
  std::stable_sort(
      document.steps.begin(), document.steps.end(), [](const StepSpec& a, const StepSpec& b) {
        return std::tie(a.where.line, a.where.column) < std::tie(b.where.line, b.where.column);
      });
  refuse_double_ids(document.steps, diagnostics);
  return document;
}

Result<Document> load_manifest(const std::filesystem::path& path, const Environment& environment,
                               Diagnostics& diagnostics) {
  Result<std::string> text = read_text(path, kMaxManifestBytes);
  if (!text) return text.status();
  return parse_manifest(*text, path, environment, diagnostics);
}

}  // namespace streamhost
