// The same in React, in a few lines.

import { liteClient } from "algoliasearch/lite";
import { createElement as element } from "react";
import { createRoot } from "react-dom/client";
import { Highlight, Hits, InstantSearch, Pagination, RefinementList, SearchBox, ToggleRefinement } from "react-instantsearch";

const { host, protocol } = new URL(window.endcap);
const [url, port] = host.split(":");
const hosts = [{ url, port: Number(port), protocol: protocol.replace(":", ""), accept: "readWrite" }];
const searchClient = liteClient("shop", window.key, { hosts });
const hitComponent = ({ hit }) => element("article", { "data-id": hit.objectID }, element(Highlight, { hit, attribute: "title" }));

const root = document.createElement("div");
document.body.append(root);
createRoot(root).render(
  element(InstantSearch, { searchClient, indexName: "products" },
    element(SearchBox), element(RefinementList, { attribute: "brand" }),
    element(ToggleRefinement, { attribute: "color", on: "red" }), element(Hits, { hitComponent }), element(Pagination)),
);
