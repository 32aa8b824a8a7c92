/** Marking spans: the workspace's modules do it, as they do for other kinds that are about parts of texts. */

import "../frontend/js/spans_work.js";
