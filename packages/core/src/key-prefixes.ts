// Generated from the rules of gitleaks (MIT). To renew it, see tools/secret-shapes/prefixes.ts.
// cspell:disable

/** How keys begin: a source of a RegExp. */
export const keyPrefixes =
  'ABIA|ABSK|ACCA|AGE-SECRET-KEY-1|AIza|AKCp|AKIA|ASIA|CLOJARS_|EAAA|EAAC|EAAM|EZAK|EZTK|FLWPUBK_TEST-|FLWSECK_TEST-|GR1348941|HRKU-AA|LTAI|PMAK-|SG[.]|ZXlK|api_org_|cmVmd|doo_v1_|dop_v1_|dor_v1_|dt0c01[.]|duffel_live_|duffel_test_|eyJrIjoi|fio-u-|fm1a_|fm1r_|fm2_|fo1_|gho_|ghp_|ghr_|ghs_|ghu_|github_pat_|glagent-|glc_|glcbt-|gldt-|glffct-|glft-|glimt-|gloas-|glpat-|glptt-|glrt-|glsa_|glsoat-|hf_|hvb[.]|hvs[.]|ico-|lin_api_|npm_|ntn_|ops_eyJ|p8e-|pnu_|pplx-|pscale_oauth_|pscale_pw_|pscale_tkn_|pul-|pypi-AgEIcHlwaS5vcmc|rdme_|rubygems_|s-s4t2af-|s-s4t2ud-|sgp_|shippo_live_|shippo_test_|shpat_|shpca_|shppa_|shpss_|sk-admin-|sk-ant-admin01-|sk-ant-api03-|sk-proj-|sk-svcacct-|sm_aat_|sm_pat_|sm_sat_|sntrys_eyJpYXQiO|sntryu_|sq0atp-|tk-us-|xapp-|xkeysib-|xoxa-|xoxb-|xoxe-|xoxo-|xoxr-|xoxs-'
