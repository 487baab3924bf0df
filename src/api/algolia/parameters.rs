//! The parameters of one request: flat, as an object or as a URL-encoded string, whose values may be strings of JSON.

use serde_json::{Map, Value};

use super::AlgoliaError;

/// Keys beside the parameters that are no parameters.
const ENVELOPE: [&str; 8] = [
    "indexName",
    "type",
    "params",
    "facet",
    "facetQuery",
    "maxFacetHits",
    "strategy",
    "requests",
];

/// What one request says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Parameters(Map<String, Value>);

impl Parameters {
    /// What stands flat in a request and what its `params` say, which wins.
    pub(super) fn of(request: &Map<String, Value>) -> Result<Self, AlgoliaError> {
        let own = |(name, _): &(&String, &Value)| !ENVELOPE.contains(&name.as_str());
        let flat = request.iter().filter(own);
        let mut all: Map<String, Value> = flat
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        match request.get("params") {
            None | Some(Value::Null) => {}
            Some(Value::Object(params)) => all.extend(params.clone()),
            Some(Value::String(params)) => all.extend(decoded(params)),
            Some(_) => {
                let message =
                    "Invalid value for \"params\": write an object, or a URL-encoded string";
                return Err(AlgoliaError::bad_request(message));
            }
        }
        Ok(Parameters(all))
    }

    /// Everything that stands flat in a request.
    pub(super) fn everything(request: &Map<String, Value>) -> Self {
        Parameters(request.clone())
    }

    /// Adds parameters, which win over those that are there.
    pub(super) fn overrule(&mut self, others: Parameters) {
        self.0.extend(others.0);
    }

    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text; numbers are written out.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, AlgoliaError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(invalid(name, "a string")),
        }
    }

    /// A whole number of 0 or more.
    pub(super) fn count(&self, name: &str) -> Result<Option<usize>, AlgoliaError> {
        let whole = |number: Option<f64>| {
            let number = number.filter(|number| number.fract() == 0.0 && *number >= 0.0);
            number.map(|number| number as usize)
        };
        let found = match self.value(name) {
            None => return Ok(None),
            Some(Value::String(text)) => whole(text.trim().parse().ok()),
            Some(value) => whole(value.as_f64()),
        };
        found
            .map(Some)
            .ok_or_else(|| invalid(name, "an integer of 0 or more"))
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, AlgoliaError> {
        let found = match self.value(name) {
            None => return Ok(None),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(value) => value.as_f64(),
        };
        found.map(Some).ok_or_else(|| invalid(name, "a number"))
    }

    pub(super) fn truth(&self, name: &str) -> Result<Option<bool>, AlgoliaError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(truth)) => Ok(Some(*truth)),
            Some(Value::String(text)) if text == "true" || text == "1" => Ok(Some(true)),
            Some(Value::String(text)) if text == "false" || text == "0" => Ok(Some(false)),
            Some(Value::Number(number)) => Ok(Some(number.as_f64() != Some(0.0))),
            Some(_) => Err(invalid(name, "a boolean")),
        }
    }

    /// An array of names, one name, or names separated by commas; `None` when nothing is said.
    pub(super) fn names(&self, name: &str) -> Result<Option<Vec<String>>, AlgoliaError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => {
                let names = text.split(',').map(|name| name.trim().to_string());
                Ok(Some(names.filter(|name| !name.is_empty()).collect()))
            }
            Some(Value::Array(values)) => {
                let one = |value: &Value| value.as_str().map(str::to_string);
                let names: Option<Vec<String>> = values.iter().map(one).collect();
                names
                    .map(Some)
                    .ok_or_else(|| invalid(name, "an array of strings"))
            }
            Some(_) => Err(invalid(name, "an array of strings")),
        }
    }

    /// All parameters, URL-encoded, lists as JSON.
    pub(super) fn encoded(&self) -> String {
        let mut encoded = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.0 {
            match value {
                Value::String(text) => encoded.append_pair(name, text),
                other => encoded.append_pair(name, &other.to_string()),
            };
        }
        encoded.finish().replace('+', "%20")
    }
}

pub(super) fn invalid(name: &str, expected: &str) -> AlgoliaError {
    AlgoliaError::bad_request(format!(
        "Invalid value for \"{name}\" parameter, expected {expected}"
    ))
}

/// Lists and objects are encoded as JSON.
fn decoded(params: &str) -> impl Iterator<Item = (String, Value)> {
    let pairs = form_urlencoded::parse(params.trim_start_matches('?').as_bytes());
    pairs.map(|(name, text)| {
        let json = text
            .starts_with(['[', '{'])
            .then(|| serde_json::from_str(&text));
        let value = json.and_then(Result::ok);
        (name.into_owned(), value.unwrap_or_else(|| text.into()))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(request: Value) -> Parameters {
        Parameters::of(request.as_object().unwrap()).unwrap()
    }

    #[test]
    fn flat_encoded_and_nested_parameters_are_the_same() {
        let flat =
            of(json!({"indexName": "x", "query": "a b", "facets": ["brand"], "hitsPerPage": 3}));
        let nested = of(
            json!({"indexName": "x", "params": {"query": "a b", "facets": ["brand"], "hitsPerPage": 3}}),
        );
        assert_eq!(flat, nested);
        let encoded = of(json!({"params": "query=a%20b&facets=%5B%22brand%22%5D&hitsPerPage=3"}));
        for parameters in [flat, encoded] {
            assert_eq!(parameters.text("query").unwrap().unwrap(), "a b");
            assert_eq!(parameters.names("facets").unwrap().unwrap(), ["brand"]);
            assert_eq!(parameters.count("hitsPerPage").unwrap(), Some(3));
        }
    }

    #[test]
    fn parameters_are_encoded_as_clients_do() {
        let parameters = of(json!({"query": "a b&c", "facets": ["brand"], "page": 0}));
        let encoded = parameters.encoded();
        assert_eq!(encoded, "query=a%20b%26c&facets=%5B%22brand%22%5D&page=0");
        let request = json!({"params": encoded});
        let again = of(request);
        assert_eq!(again.text("query").unwrap().unwrap(), "a b&c");
    }

    #[test]
    fn what_is_of_another_type_is_refused_by_name() {
        let parameters = of(json!({"page": "two", "facets": {"a": 1}, "query": ["x"]}));
        for error in [
            parameters.count("page").unwrap_err(),
            parameters.names("facets").unwrap_err(),
            parameters.text("query").unwrap_err(),
        ] {
            assert!(
                error.message.starts_with("Invalid value for \""),
                "{}",
                error.message
            );
        }
    }
}
